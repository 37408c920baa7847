"""Paired timing: both sides in turn, so that a busy machine slows both, and the ratio says more than either."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: the piece of work.
        ours, theirs: seconds for the same amount of work, one of each in every pair.
        against: what the other side is.
        note: whatever else must be known to read the line.
    """

    what: str
    ours: tuple[float, ...]
    against: str = ""
    theirs: tuple[float, ...] = ()
    note: str = ""

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times longer the other side takes, pair by pair."""
        return tuple(b / a for a, b in zip(self.ours, self.theirs, strict=True)) if self.theirs else ()

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        ratio = f"{median(self.ratios):.3g} ({min(self.ratios):.3g} to {max(self.ratios):.3g})" if self.ratios else ""
        theirs = seconds(median(self.theirs)) if self.theirs else ""
        return (self.what, seconds(median(self.ours)), self.against, theirs, ratio, str(len(self.ours)), self.note)


HEADER = ("what", "ours", "against", "theirs", "ratio: median (least to most)", "pairs", "note")


def side_by_side(
    ours: Callable[[], object], theirs: Callable[[], object], pairs: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Seconds of both, `pairs` times; each goes first every other time. Neither is warmed up here."""
    times: tuple[list[float], list[float]] = ([], [])
    for k in range(pairs):
        for side in (0, 1) if k % 2 == 0 else (1, 0):
            times[side].append(once((ours, theirs)[side]))
    return tuple(times[0]), tuple(times[1])


def once(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def seconds(value: float) -> str:
    """Three digits with a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"
