"""Which numbers can stand in a record at all."""

import math
from collections.abc import Iterator
from typing import Any

from bench.records.parts import Interval
from bench.records.schema import Record
from bench.records.score_names import plain

_UNBOUNDED = {
    "psnr": (-math.inf, math.inf),  # below 0 where the error is larger than the range of images
    "ageerroryears": (0.0, math.inf),  # whoever predicts a thousand years is that far off
}
_SIGNED = {"ncc", "advantage", "excess", "correlation"}
ROUNDING = 1e-6


def impossible(record: Record) -> Iterator[str]:
    """A line for every number that no measurement gives."""
    people = sum(record.data.subjects.values())
    for name, interval in _intervals(record):
        low, high = _range(name.rsplit(" ", 1)[-1])
        yield from _about(name, interval, low, high, people)
    for name, interval in record.utility.hd95_mm.items():
        yield from _about(f"{name} HD95 in mm", interval, 0.0, _diagonal_mm(record), people)
    dialled = record.utility.dice_by_dial.points if record.utility.dice_by_dial else ()
    for reliability in (record.utility.stability, *(point.stability for point in dialled)):
        for name, stability in reliability.items():
            if stability.icc is not None and abs(stability.icc) > 1 + ROUNDING:
                yield f"reliability of {name} is {stability.icc:g}, outside [-1, 1]"
    for name, value in record.cost.model_dump().items():
        if value is not None and value < 0:
            yield f"cost {name} is {value:g}, below 0"
    for name in ("parameters_client", "parameters_server", "iterations"):
        if getattr(record.defense, name) < 0:
            yield f"{name} is {getattr(record.defense, name)}, below 0"
    if min((*record.data.subjects.values(), *record.data.scans.values()), default=0) < 0:
        yield "data: a role has fewer than no people or scans"
    if record.data.spacing_mm <= 0 or min(record.data.shape, default=0) < 1:
        yield f"data: a grid of {record.data.shape} voxels of {record.data.spacing_mm:g} mm"


def _intervals(record: Record) -> Iterator[tuple[str, Interval]]:
    utility, privacy = record.utility, record.privacy
    yield "average Dice", utility.dice_average
    for name, interval in utility.dice.items():
        yield f"{name} Dice", interval
    for point in utility.dice_by_queries:
        yield f"at K = {point.queries} Dice", point.dice
    if privacy is None:
        return
    for name, score in privacy.scores.items():
        yield f"score {name}", score.value
    for control, found in privacy.controls.items():
        for name, interval in found.scores.items():
            yield f"control {control}, {name}", interval
    if privacy.verification is None:
        return
    yield "verification AUC", privacy.verification.auc
    for at in (*privacy.verification.operating_points, *privacy.verification.roc):
        if at.tpr is not None:
            yield f"at FPR {at.fpr:g} TPR", at.tpr


def _diagonal_mm(record: Record) -> float:
    return record.data.spacing_mm * math.hypot(*(side - 1 for side in record.data.shape))


def _range(name: str) -> tuple[float, float]:
    known = plain(name)
    if known in _UNBOUNDED:
        return _UNBOUNDED[known]
    return (-1.0, 1.0) if known in _SIGNED else (0.0, 1.0)


def _about(name: str, interval: Interval, low: float, high: float, people: int) -> Iterator[str]:
    value, bottom, top = interval.value, interval.low, interval.high
    given = [one for one in (value, bottom, top) if one is not None]
    if any(not low - ROUNDING <= one <= high + ROUNDING for one in given):
        yield f"{name} is {interval}, outside [{low:g}, {high:g}]"
    elif value is None and (bottom is not None or top is not None):
        yield f"{name} has an interval and no value"
    elif (
        value is not None
        and bottom is not None
        and top is not None
        and not bottom - ROUNDING <= value <= top + ROUNDING
    ):
        yield f"{name} is {interval}: the value lies outside its own interval"
    if value is not None and not 1 <= interval.n <= people:
        yield f"{name} speaks of {interval.n} people, the data have {people}"


def not_finite(raw: Any, where: str = "") -> Iterator[str]:
    """Paths in plain JSON to numbers that are no numbers: JSON has none, but many programs write and read them."""
    if isinstance(raw, float) and not math.isfinite(raw):
        yield where or "the record"
    elif isinstance(raw, dict):
        for key, value in raw.items():
            yield from not_finite(value, f"{where}.{key}".lstrip("."))
    elif isinstance(raw, list):
        for place, value in enumerate(raw):
            yield from not_finite(value, f"{where}[{place}]")
