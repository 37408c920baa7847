"""Means over people of what was measured under several sets of keys."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from bench.metrics.crossed import ANY, bootstrap_crossed
from bench.types.estimate import Estimate

PerSubject = Mapping[str, tuple[float, ...]]


def mean_over_people(
    repetitions: Sequence[PerSubject], *axes: str | int, limits: tuple[float, float] = (0.0, 1.0)
) -> Estimate:
    """Mean over all values, with an interval for other people and other keys, cut at the limits.

    A person with twice as many values weighs twice as much: what is resampled is each person's part of the weighted
    mean, which lies further from it than their own mean the more values they have.

    Args:
        repetitions: for every set of keys the values of every person, one per scan.
        axes: seed of the resampling, see `bench.seeds`.
        limits: smallest and largest possible value.

    Source: `bench.metrics.crossed`.
    """
    people = list(repetitions[0])
    counts = np.array([len(repetitions[0][person]) for person in people], dtype=np.float64)
    own = np.array([[math.fsum(one[person]) for one in repetitions] for person in people]) / counts[:, None]
    value = float((counts @ own).sum() / (counts.sum() * len(repetitions)))
    uneven = np.ptp(counts) > 0 and np.ptp(own) > 0
    parts = value + (counts / counts.mean())[:, None] * (own - value) if uneven else own
    table = {person: tuple(row) for person, row in zip(people, parts.tolist(), strict=True)}
    found = bootstrap_crossed(table, *axes, limits=ANY if uneven else limits)
    if math.isnan(found.low):
        return Estimate(value, math.nan, math.nan, found.n)
    return Estimate(value, min(max(found.low, limits[0]), value), max(min(found.high, limits[1]), value), found.n)


def grouped(people: Sequence[str], values: Sequence[float]) -> dict[str, tuple[float, ...]]:
    """Values of scans by person, in the order of the scans."""
    found: dict[str, tuple[float, ...]] = {}
    for person, value in zip(people, values, strict=True):
        found[person] = (*found.get(person, ()), value)
    return found
