"""Who stands for whom in the control that shows somebody else."""

from collections.abc import Sequence

from bench import seeds
from bench.types.scan import Scan

DRAWS = 3
"""Separate choices; a single one scatters so much that it is no floor."""


def somebody_else(scans: Sequence[Scan], draws: int = DRAWS) -> list[list[int]]:
    """For every draw, and every scan, the place of a random scan of another family.

    It follows from the names of the scans alone, in whatever order they come: the same for every attack and defense on
    one cohort. With a single family nobody else is there, and everybody stays where they are.
    """
    names = sorted(range(len(scans)), key=lambda place: scans[place].name)
    rng = seeds.generator("control", "random other", *(scans[place].name for place in names))
    found = []
    for _ in range(draws):
        chosen = list(range(len(scans)))
        for place in names:
            others = [other for other in names if scans[other].family != scans[place].family]
            if others:
                chosen[place] = others[int(rng.integers(len(others)))]
        found.append(chosen)
    return found
