"""Which numbers can stand in a record at all."""

import math
from collections.abc import Iterator
from typing import Any

from bench.leaderboard.submissions.intervals import Range, intervals_of, shares_of
from bench.records.parts import Interval
from bench.records.schema import Record

ROUNDING = 1e-6
CHECKS = "validity."


def impossible(record: Record) -> Iterator[str]:
    """A line for every number that no measurement gives."""
    people = sum(record.data.subjects.values())
    for name, interval, allowed in intervals_of(record):
        others = name.startswith(CHECKS)  # planted leaks are in scans of other people
        yield from _about(name, interval, allowed, interval.n if others else people)
    for name, value, allowed in shares_of(record):
        if value is not None and not _within(value, allowed):
            yield f"{name} is {value:g}, outside [{allowed[0]:g}, {allowed[1]:g}]"
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


def _within(value: float, allowed: Range) -> bool:
    return allowed[0] - ROUNDING <= value <= allowed[1] + ROUNDING


def _about(name: str, interval: Interval, allowed: Range, people: int) -> Iterator[str]:
    value, bottom, top = interval.value, interval.low, interval.high
    given = [one for one in (value, bottom, top) if one is not None]
    if not all(_within(one, allowed) for one in given):
        yield f"{name} is {interval}, outside [{allowed[0]:g}, {allowed[1]:g}]"
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
