"""By which score the picture tells what leaks, and every cell's value of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.numbers import finite, percent
from bench.leaderboard.operating_points import tpr_at
from bench.leaderboard.worst_case.strongest import RANK_FPR
from bench.records.parts import Interval
from bench.records.score_names import shown


@dataclass(frozen=True)
class Measure:
    """One score.

    Attributes:
        key: in the page's address.
        title: of the axis.
        higher_is_worse: larger scores leak more.
        together: the worst case may be all attacks together, as in the ranks, not only the strongest one alone.
    """

    key: str
    title: str
    higher_is_worse: bool
    together: bool


PAIRS = Measure("pairs", f"Pairs recognised at {percent(RANK_FPR)} false alarms", True, True)


def measures(entries: Sequence[Entry]) -> list[Measure]:
    """The headline scores of attacks that tell people apart, the most common first, then what the ranks go by."""
    headlines = [entry for entry in entries if entry.record.attack.threat.links and entry.headline is not None]
    counted = Counter(entry.headline_name for entry in headlines)
    found = []
    for name in sorted((name for name in counted if name), key=lambda name: (-counted[name], name)):
        worse = [
            entry.headline.higher_is_worse for entry in headlines if entry.headline_name == name and entry.headline
        ]
        found.append(Measure(name, shown(name), all(worse), together=False))
    return [*found, PAIRS] if found else []


def leak_of(entry: Entry, measure: Measure) -> tuple[Interval, float | None] | None:
    """One cell's score and what a guess would get; None if the cell has no such score."""
    if not entry.record.attack.threat.links:
        return None
    if measure.together:
        tpr = None if entry.verification is None else tpr_at(entry.verification.operating_points, RANK_FPR)
        return None if tpr is None or finite(tpr.value) is None else (tpr, RANK_FPR)
    if entry.headline is None or entry.headline_name != measure.key or finite(entry.headline.value.value) is None:
        return None
    return entry.headline.value, finite(entry.headline.chance)
