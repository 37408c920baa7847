"""The columns of the table "Worst case per defense"."""

from collections.abc import Sequence

from bench.leaderboard.numbers import DASH, from_to, percent
from bench.leaderboard.strongest import RANK_FPR
from bench.leaderboard.tables import Cell, Column, interval_cell, rate_cell
from bench.leaderboard.union_ranks import RankedRow
from bench.leaderboard.union_rows import PAPER_ATTACK
from bench.metrics.verification import Verification
from bench.records.parts import Interval

TITLE = "Worst case per defense"
_RANKS = 1000
"""More than there are defenses: ranges sort by their best rank, then by their worst."""


def worst_columns(rows: Sequence[RankedRow]) -> list[Column[RankedRow]]:
    """The columns; the seed has one only where there are several."""
    seeds = {one.row.seed for one in rows}
    seed = [Column[RankedRow]("seed", "Seed", "defenses are compared within one seed", True, _seed)]
    return [
        Column("rank", "Rank", "1 is the most private; from best to worst that paired differences leave", True, _rank),
        Column("defense", "Defense", "what the hospital does to a scan before sending it", False, _defense),
        *(seed if len(seeds) > 1 else []),
        Column("dice", "Dice", "average over classes, 1 is perfect; 95 % interval over people", True, _dice),
        Column(
            "worst-tpr",
            f"TPR at {percent(RANK_FPR)}",
            "same-person pairs that are recognised by what recognises most; decides the rank",
            True,
            _worst_tpr,
        ),
        Column("worst-auc", "AUC", "of the same; 0.5 is chance, 1 links everybody", True, _worst_auc),
        Column("worst-by", "Found by", "what recognises most: one attack, or all together", False, _by),
        Column("union-tpr", "TPR, all together", "every alarm of any attack counts, false ones too", True, _union_tpr),
        Column("union-auc", "AUC, all together", "every alarm of any attack counts, false ones too", True, _union_auc),
        Column("attacks", "Attacks", "how many took part", True, _attacks),
        Column(
            "paper-auc", "AUC, paper's attack", f"AUC here of {PAPER_ATTACK}, the paper's own attack", True, _paper_auc
        ),
        Column("paper-tpr", "TPR, paper's attack", f"TPR here at 10 % FPR of {PAPER_ATTACK}", True, _paper_tpr),
    ]


def worst_of(one: RankedRow) -> Verification | None:
    """The verification scores of what recognises most; where no rate supports a choice, of all together."""
    return union_of(one) if one.strongest is None else one.strongest.found


def found_by(one: RankedRow) -> str:
    """What recognises most, in words."""
    if one.strongest is None or one.strongest.attack is None:
        return f"{len(one.row.entries)} attacks together"
    return one.strongest.attack


def paper_alone(one: RankedRow) -> Verification | None:
    """The verification scores of the paper's own attack; None if it took no part."""
    result, paper = one.row.result, one.row.paper
    return None if result is None or paper is None else result.attacks[paper]


def union_of(one: RankedRow) -> Verification | None:
    """The verification scores of all attacks together."""
    return None if one.row.result is None else one.row.result.union


def auc_of(found: Verification | None) -> Interval | None:
    """The AUC in the form of the record."""
    return None if found is None else Interval.of(found.auc)


def tpr_of(found: Verification | None) -> Interval | None:
    """The TPR at 10 % FPR in the form of the record; None where too few comparisons support it."""
    point = None if found is None else next(point for point in found.tprs if point.fpr == RANK_FPR)
    return None if point is None or point.tpr is None else Interval.of(point.tpr)


def _rate(found: Verification | None) -> Cell:
    return rate_cell(tpr_of(found), None if found is None else found.smallest_fpr)


def _rank(one: RankedRow) -> Cell:
    if one.standing is None:
        return Cell(DASH, "no rank" if one.open_attacks else "", None)
    best, worst = one.standing.best, one.standing.worst
    return Cell(from_to(best, worst), "", best * _RANKS + worst)


def _defense(one: RankedRow) -> Cell:
    return Cell(one.row.defense, "", one.row.defense)


def _seed(one: RankedRow) -> Cell:
    return Cell(str(one.row.seed), "", one.row.seed)


def _dice(one: RankedRow) -> Cell:
    return interval_cell(one.row.example.record.utility.dice_average)


def _union_auc(one: RankedRow) -> Cell:
    return interval_cell(auc_of(union_of(one)))


def _union_tpr(one: RankedRow) -> Cell:
    return _rate(union_of(one))


def _worst_tpr(one: RankedRow) -> Cell:
    return _rate(worst_of(one))


def _worst_auc(one: RankedRow) -> Cell:
    return interval_cell(auc_of(worst_of(one)))


def _by(one: RankedRow) -> Cell:
    if one.strongest is None:
        return Cell(DASH, "", None)
    detail = f"best alone {one.strongest.alone}" if one.strongest.attack is None else ""
    return Cell(found_by(one), detail, found_by(one))


def _attacks(one: RankedRow) -> Cell:
    left_out = [f"{len(one.row.absent)} took no part"] if one.row.absent else []
    spared = [f"{len(one.spared)} never run"] if one.spared else []
    return Cell(str(len(one.row.entries)), ", ".join(left_out + spared), len(one.row.entries))


def _paper_auc(one: RankedRow) -> Cell:
    return interval_cell(auc_of(paper_alone(one)))


def _paper_tpr(one: RankedRow) -> Cell:
    return _rate(paper_alone(one))
