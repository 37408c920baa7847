"""Mathematics shared by attacks on convex mixtures m_k = a_k x + (1 - a_k) r_k of a target with references."""
