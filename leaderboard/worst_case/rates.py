"""What the worst case of a defense says in numbers: of what recognises most, of all together, of the paper's attack."""

from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.operating_points import tpr_at
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.strongest import RANK_FPR
from bench.metrics.verification import Verification, verify
from bench.records.parts import Interval

SAME = 1e-9


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How well somebody tells one person from two.

    Attributes:
        tpr: at `RANK_FPR`; None where too few comparisons support it.
        smallest_fpr: that they support.
    """

    auc: Interval | None
    tpr: Interval | None
    smallest_fpr: float | None


NOTHING = Rates(auc=None, tpr=None, smallest_fpr=None)


def worst_of(one: RankedRow) -> Rates:
    """Of what recognises most; where no rate supports a choice, of all together."""
    if one.strongest is None or one.strongest.attack is None:
        return union_of(one)
    return _alone(one, one.strongest.attack)


def union_of(one: RankedRow) -> Rates:
    """Of all attacks together."""
    return NOTHING if one.row.result is None else _computed(one.row.result.union)


def paper_alone(one: RankedRow) -> Rates:
    """Of the paper's own attack; nothing if it took no part."""
    return NOTHING if one.row.result is None or one.row.paper is None else _alone(one, one.row.paper)


def found_by(one: RankedRow) -> str:
    """What recognises most, in words."""
    if one.strongest is None or one.strongest.attack is None:
        return f"{len(one.row.entries)} attacks together"
    return one.strongest.attack


def _alone(one: RankedRow, attack: str) -> Rates:
    """As the attack's own cell states it if that is the same number: resampled again, the interval would be another."""
    row = one.row
    assert row.result is not None
    computed, stated = _computed(row.result.attacks[attack]), _stated(row.entries[attack])
    if _equal(computed.auc, stated.auc) and _equal(computed.tpr, stated.tpr):
        return stated
    return _computed(verify(row.linkages[attack], row.people, "leaderboard", row.seed, "attack", attack))


def _computed(found: Verification) -> Rates:
    point = next(point for point in found.tprs if point.fpr == RANK_FPR)
    tpr = None if point.tpr is None else Interval.of(point.tpr)
    return Rates(auc=Interval.of(found.auc), tpr=tpr, smallest_fpr=found.smallest_fpr)


def _stated(entry: Entry) -> Rates:
    found = entry.verification
    if found is None:
        return NOTHING
    return Rates(auc=found.auc, tpr=tpr_at(found.operating_points, RANK_FPR), smallest_fpr=found.smallest_fpr)


def _equal(one: Interval | None, other: Interval | None) -> bool:
    """The same number of the same people, wherever it was resampled."""
    if one is None or other is None or one.value is None or other.value is None:
        return one is other
    return abs(one.value - other.value) < SAME and one.n == other.n
