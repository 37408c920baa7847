"""The columns of the table "Worst case per defense"."""

from collections.abc import Sequence

from bench.leaderboard.numbers import DASH, from_to, percent
from bench.leaderboard.tables import Cell, Column, interval_cell, rate_cell
from bench.leaderboard.union_ranks import RANK_FPR, RankedRow
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
        Column("union-auc", "AUC, all attacks", "0.5 is chance, 1 links everybody", True, _union_auc),
        Column(
            "union-tpr",
            f"TPR at {percent(RANK_FPR)}, all",
            "same-person pairs that any attack recognises",
            True,
            _union_tpr,
        ),
        Column("best", "Best single attack", "recognises most at a low rate of false alarms", False, _best),
        Column("best-auc", "Its AUC", "AUC of the best single attack", True, _best_auc),
        Column("best-tpr", f"Its TPR at {percent(RANK_FPR)}", "TPR of the best single attack", True, _best_tpr),
        Column("attacks", "Attacks", "how many took part in the union", True, _attacks),
        Column(
            "paper-auc", "AUC, paper's attack", f"AUC here of {PAPER_ATTACK}, the paper's own attack", True, _paper_auc
        ),
        Column("paper-tpr", "TPR, paper's attack", f"TPR here at 10 % FPR of {PAPER_ATTACK}", True, _paper_tpr),
    ]


def best_alone(one: RankedRow) -> Verification | None:
    """The verification scores of the best single attack."""
    result = one.row.result
    return None if result is None else result.attacks[result.best]


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


def _best(one: RankedRow) -> Cell:
    name = None if one.row.result is None else one.row.result.best
    return Cell(name or DASH, "", name)


def _best_auc(one: RankedRow) -> Cell:
    return interval_cell(auc_of(best_alone(one)))


def _best_tpr(one: RankedRow) -> Cell:
    return _rate(best_alone(one))


def _attacks(one: RankedRow) -> Cell:
    left_out = [f"{len(one.row.absent)} took no part"] if one.row.absent else []
    spared = [f"{len(one.spared)} never run"] if one.spared else []
    return Cell(str(len(one.row.entries)), ", ".join(left_out + spared), len(one.row.entries))


def _paper_auc(one: RankedRow) -> Cell:
    return interval_cell(auc_of(paper_alone(one)))


def _paper_tpr(one: RankedRow) -> Cell:
    return _rate(paper_alone(one))
