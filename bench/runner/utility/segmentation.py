"""Scoring one recovered segmentation, and the same over people."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.metrics.dice import dice_of_probabilities
from bench.metrics.intervals import bootstrap_subjects, expanded_tails
from bench.records.parts import NOT_MEASURED, Interval
from bench.runner.traffic.contract import checked_probabilities
from bench.runner.traffic.parties import Client
from bench.types.scan import Scan


def recovered_dice(
    client: Client, reply: np.ndarray, key: Any, scan: Scan, classes: tuple[str, ...]
) -> dict[str, float]:
    """Dice per foreground class of what the client makes of the answer.

    Raises:
        BenchError: it makes no segmentation of it.
    """
    found = checked_probabilities(client.defense, client.recover(reply, key), scan, len(classes))
    return dice_of_probabilities(found.cpu(), scan.labels, classes)


def average(dice: dict[str, float]) -> float:
    """Mean over the classes that are there."""
    return float(np.nanmean(list(dice.values())))


def average_over_keys(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Every person's mean over the keys under which there is a value; NaN where there is none."""
    known = {subject: [value for value in found if not np.isnan(value)] for subject, found in values.items()}
    return {subject: math.fsum(found) / len(found) if found else math.nan for subject, found in known.items()}


def over_people(values: Mapping[str, Sequence[float]], *axes: str | int) -> Interval:
    """Mean over people of their means over keys, with an interval from resampling people; null if nobody has a value.

    Keys are drawn for every scan afresh, so a person is resampled with all of theirs.
    """
    known = {subject: [value for value in found if not np.isnan(value)] for subject, found in values.items()}
    measured = {subject: found for subject, found in known.items() if found}
    if not measured:
        return NOT_MEASURED
    return Interval.of(bootstrap_subjects(measured, *axes, tails=expanded_tails))
