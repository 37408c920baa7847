"""How the cost of all pairs grows: the cohorts of `msssim` again, four times as large."""

from collections.abc import Iterator

from benchmarks.msssim import cohorts
from benchmarks.timing import Row

COHORTS = {128: 1}
"""More than the engine's memory holds, so that images are prepared several times."""


def measure() -> Iterator[Row]:
    """8,128 pairs of paper size, dense and with background; takes some minutes."""
    yield from cohorts(COHORTS)
