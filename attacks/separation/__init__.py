"""Blind source separation with a deep generative prior: the mathematics, without any network.

The setting: K mixtures m_k = a_k x + (1 - a_k) r_k of one unknown target x with unknown references r_k, drawn
independently from priors that are known only through a denoiser or a score. Unknown sources stand in one tensor
`chain source ...`: source 0 is the target, source k the reference of mixture k. Chains are independent problems or
restarts of one. `langevin` is the published attack, `karras` and `alternation` are the strong ones.
"""
