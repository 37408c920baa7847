"""What a group's worst cases come to, in two sentences for a reader who reads nothing else."""

from collections.abc import Sequence

from bench.leaderboard.numbers import percent
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.rates import found_by, worst_of
from bench.leaderboard.worst_case.strongest import RANK_FPR


def verdict_of(worst: Sequence[RankedRow]) -> str:
    """How much is recognised behind the defense that leaks least, and whether any two can be told apart.

    Empty if no defense has a rank beside another one. Of several seeds, a defense counts by its worst one.
    """
    ranked = [one for one in worst if one.standing is not None and one.rivals]
    largest: dict[str, RankedRow] = {}
    for one in sorted(ranked, key=_leak):
        largest[one.row.defense] = one
    if not largest:
        return ""
    least = min(largest.values(), key=lambda one: (_leak(one), one.row.defense))
    found, people = worst_of(least).tpr, len(set(least.row.people))
    if found is None:
        return ""
    tried = len(least.row.entries)
    chosen = (
        f", the strongest of {tried}" if least.strongest is not None and least.strongest.attack and tried > 1 else ""
    )
    told = (
        f"Of {len(largest)} defenses the one that leaks least, {least.row.defense}, still lets an attacker recognise "
        f"{percent(found.value)} of the pairs of scans of one person (95 % interval {percent(found.low)} to "
        f"{percent(found.high)}, found by {found_by(least)}{chosen}), at false alarms where guessing recognises "
        f"{percent(RANK_FPR)}."
    )
    places = [(one.standing.best, one.standing.worst, one.rivals + 1) for one in ranked if one.standing is not None]
    alike = all(best == 1 and last == count for best, last, count in places)
    return told + (f" {people} people tell no two of them apart: the order below says nothing." if alike else "")


def _leak(one: RankedRow) -> float:
    return one.leak or 0.0
