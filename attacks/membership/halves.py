"""Who is in which shadow network's training data."""

import numpy as np
from jaxtyping import Bool


def complementary_halves(families: int, shadows: int, rng: np.random.Generator) -> Bool[np.ndarray, "shadow family"]:
    """Random halves in pairs, the second what the first left out: everybody is in half of an even number of networks.

    Source: Carlini et al., "Membership inference attacks from first principles", IEEE S&P 2022, Sec. V, where halves
    are drawn such that every example is in half of them; pairs do that with any even number.

    Raises:
        ValueError: `shadows` is odd or < 2.
    """
    if shadows < 2 or shadows % 2:
        raise ValueError(f"everybody is in half of the networks only if their number is even, got {shadows}")
    found = np.zeros((shadows, families), dtype=bool)
    for first in range(0, shadows, 2):
        found[first, rng.permutation(families)[: families // 2]] = True
        found[first + 1] = ~found[first]
    return found
