"""Paired timing: both sides in turn, so that a busy machine slows both, and the ratio says more than either.

Beside the time on the clock stands the time of the processors (of this process and its children, over all threads),
which other people's work on the machine changes far less.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock and of the processors."""

    clock: float
    processor: float

    def times(self, factor: float) -> "Spent":
        """So many times as much."""
        return Spent(self.clock * factor, self.processor * factor)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: the piece of work.
        ours, theirs: time for the same amount of work, one of each in every pair.
        against: what the other side is.
        note: whatever else must be known to read the line.
    """

    what: str
    ours: Sequence[Spent]
    against: str = ""
    theirs: Sequence[Spent] = ()
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        pairs = list(zip(self.ours, self.theirs, strict=True)) if self.theirs else []
        return (
            self.what,
            seconds(median(side.clock for side in self.ours)),
            self.against,
            seconds(median(side.clock for side in self.theirs)) if self.theirs else "",
            _summary([b.clock / a.clock for a, b in pairs]),
            _summary([b.processor / a.processor for a, b in pairs]),
            str(len(self.ours)),
            self.note,
        )


HEADER = ("what", "ours", "against", "theirs", "ratio on the clock", "ratio of processor time", "pairs", "note")


def side_by_side(
    ours: Callable[[], object], theirs: Callable[[], object], pairs: int
) -> tuple[list[Spent], list[Spent]]:
    """Time of both, `pairs` times; each goes first every other time. Neither is warmed up here."""
    times: tuple[list[Spent], list[Spent]] = ([], [])
    for k in range(pairs):
        for side in (0, 1) if k % 2 == 0 else (1, 0):
            times[side].append(once((ours, theirs)[side]))
    return times


def once(work: Callable[[], object]) -> Spent:
    """Time that it takes."""
    clock, processor = time.perf_counter(), _processor_seconds()
    work()
    return Spent(time.perf_counter() - clock, _processor_seconds() - processor)


def seconds(value: float) -> str:
    """Three digits with a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"


def _processor_seconds() -> float:
    return sum(os.times()[:4])


def _summary(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.3g} ({min(ratios):.3g} to {max(ratios):.3g})" if ratios else ""
