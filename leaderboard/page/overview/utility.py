"""Which Dice the picture shows: the average, one class, or the class that a defense serves worst."""

from collections.abc import Sequence

from bench.leaderboard.entry import Entry
from bench.leaderboard.numbers import finite
from bench.records.parts import NOT_MEASURED, Interval

AVERAGE, WORST = "average", "worst class"
MOST_CLASSES = 8
"""Beyond this many classes only average and worst are offered."""


def utilities(classes: Sequence[str]) -> list[str]:
    """The choices, the average first; a class that is named like one of the two others is not offered."""
    named = [name for name in classes if name not in (AVERAGE, WORST)]
    if len(classes) < 2:
        return [AVERAGE]
    return [AVERAGE, WORST, *(named if len(named) <= MOST_CLASSES else [])]


def title_of(utility: str) -> str:
    """The axis title."""
    known = {AVERAGE: "Average Dice", WORST: "Dice of the worst class"}
    return known.get(utility, f"Dice of {utility[:24]}")


def utility_of(entry: Entry, utility: str) -> Interval:
    """What the choice means for one record; an interval without a number where it has none."""
    found = entry.record.utility
    if utility == AVERAGE:
        return found.dice_average
    if utility != WORST:
        return found.dice.get(utility, NOT_MEASURED)
    known = [dice for dice in found.dice.values() if finite(dice.value) is not None]
    return min(known, key=lambda dice: dice.value or 0.0, default=NOT_MEASURED)
