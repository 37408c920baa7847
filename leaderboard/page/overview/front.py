"""The Pareto front of utility and leakage."""

from collections.abc import Sequence

Place = tuple[float, float]
"""Leakage, turned so that larger is worse, and utility."""


def dominates(one: Place, other: Place) -> bool:
    """Whether `one` leaks no more and serves no less than `other`, and is better in one of both."""
    return one[0] <= other[0] and one[1] >= other[1] and one != other


def dominated(places: Sequence[Place]) -> list[bool]:
    """For every place whether any other dominates it."""
    return [any(dominates(other, place) for other in places) for place in places]


def front(places: Sequence[Place]) -> list[Place]:
    """The places that none dominates, each once, from least leakage on."""
    lost = dominated(places)
    return sorted({place for place, beaten in zip(places, lost, strict=True) if not beaten})
