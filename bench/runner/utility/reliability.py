"""Would the same scan get the same score again? Reliability of Dice over keys, in the form of the record."""

import numpy as np

from bench.metrics.agreement import agreement
from bench.records.utility import Stability

FEWEST_KEYS = 2
"""Keys per scan at the least, however few are asked for: reliability is about what differs between two."""


def reliability(rows: list[list[float]]) -> Stability:
    """Of a row per person with the Dice of one class under every key.

    A defense without keys says the same thing twice. People with a key under which the class was nowhere are left out.
    """
    ratings = np.array(rows if len(rows[0]) > 1 else [row * FEWEST_KEYS for row in rows])
    found = agreement(ratings[~np.isnan(ratings).any(axis=1)])
    return Stability(icc=found.icc, low=found.low, high=found.high, kind=found.kind.value, n=found.n)
