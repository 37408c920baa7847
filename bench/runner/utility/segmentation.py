"""Scoring one recovered segmentation, and the same over people."""

from typing import Any

import numpy as np

from bench.metrics.dice import dice_of_probabilities
from bench.metrics.intervals import bootstrap_subjects, expanded_tails
from bench.records.parts import Interval
from bench.runner.traffic.parties import Client
from bench.types.scan import Scan


def recovered_dice(
    client: Client, reply: np.ndarray, key: Any, scan: Scan, classes: tuple[str, ...], queries: int | None = None
) -> dict[str, float]:
    """Dice per foreground class of what the client makes of the answers to its first `queries` queries (None: all)."""
    return dice_of_probabilities(client.recover(reply, key, queries).cpu(), scan.labels, classes)


def average(dice: dict[str, float]) -> float:
    """Mean over the classes that are there."""
    return float(np.nanmean(list(dice.values())))


def over_people(values: dict[str, float], *axes: str | int) -> Interval:
    """Mean over people with its interval; null if nobody has a value."""
    measured = {subject: [value] for subject, value in values.items() if not np.isnan(value)}
    if not measured:
        return Interval(value=None, low=None, high=None, n=0)
    return Interval.of(bootstrap_subjects(measured, *axes, tails=expanded_tails))
