"""The columns of the table "Worst case per defense"."""

from collections.abc import Sequence

from bench.leaderboard.numbers import DASH, from_to, percent
from bench.leaderboard.tables.table import Cell, Column, interval_cell, rate_cell
from bench.leaderboard.worst_case.joined import PAPER_ATTACK
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.rates import Rates, found_by, paper_alone, union_of, worst_of
from bench.leaderboard.worst_case.strongest import RANK_FPR

TITLE = "Worst case per defense"
RANK_HINT = (
    "1 leaks least under the attacks that were run, see Attacks; the range is what these people leave open, "
    "and says nothing of another training; at best: an attack that others had to face was never run"
)
ATTACKS_HINT = (
    "how many took part; never run: they took part against another defense and were not tried on this one, "
    "which may only look private"
)
BY_HINT = (
    "what recognises most: one attack, or all together; verified: whoever keeps this board has run it again, else "
    "whoever made the record says so"
)
_RANKS = 1000
"""More than there are defenses: ranges sort by their best rank, then by their worst."""


def worst_columns(rows: Sequence[RankedRow]) -> list[Column[RankedRow]]:
    """The columns; the seed has one only where there are several."""
    seeds = {one.row.seed for one in rows}
    seed = [Column[RankedRow]("seed", "Seed", "defenses are compared within one seed", True, _seed)]
    return [
        Column("rank", "Rank", RANK_HINT, True, _rank),
        Column("defense", "Defense", "what the hospital does to a scan before sending it", False, _defense),
        *(seed if len(seeds) > 1 else []),
        Column("dice", "Dice", "average over classes, 1 is perfect; 95 % interval over people", True, _dice),
        Column(
            "worst-tpr",
            f"TPR at {percent(RANK_FPR)} FPR",
            "same-person pairs recognised at one false alarm in ten, by what recognises most; ranks compare it person "
            "by person, each counting alike",
            True,
            _worst_tpr,
        ),
        Column(
            "ever",
            "People found",
            "at the same rate: people who are recognised in at least one comparison of their scans, of all",
            True,
            _ever,
        ),
        Column("worst-auc", "AUC", "of the same; 0.5 is chance, 1 links everybody", True, _worst_auc),
        Column("worst-by", "Found by", BY_HINT, False, _by),
        Column("union-tpr", "TPR, all together", "every alarm of any attack counts, false ones too", True, _union_tpr),
        Column("union-auc", "AUC, all together", "every alarm of any attack counts, false ones too", True, _union_auc),
        Column("attacks", "Attacks", ATTACKS_HINT, True, _attacks),
        Column(
            "paper-auc",
            f"AUC, {PAPER_ATTACK}",
            f"AUC here of {PAPER_ATTACK}, the attack of Mixup-Privacy",
            True,
            _paper_auc,
        ),
        Column("paper-tpr", f"TPR, {PAPER_ATTACK}", "the same at 10 % FPR", True, _paper_tpr),
    ]


def _rate(found: Rates) -> Cell:
    return rate_cell(found.tpr, found.smallest_fpr)


def _rank(one: RankedRow) -> Cell:
    if one.standing is None:
        return Cell(DASH, "no rank" if one.open_attacks else "", None)
    if not one.rivals:
        return Cell(DASH, "no other defense to compare with at this seed", _RANKS)
    best, worst = one.standing.best, one.standing.worst
    return Cell(from_to(best, worst), "at best" if one.spared else "", best * _RANKS + worst)


def _defense(one: RankedRow) -> Cell:
    return Cell(one.row.defense, "", one.row.defense)


def _seed(one: RankedRow) -> Cell:
    return Cell(str(one.row.seed), "", one.row.seed)


def _dice(one: RankedRow) -> Cell:
    return interval_cell(one.example.record.utility.dice_average)


def _union_auc(one: RankedRow) -> Cell:
    return interval_cell(union_of(one).auc)


def _union_tpr(one: RankedRow) -> Cell:
    return _rate(union_of(one))


def _worst_tpr(one: RankedRow) -> Cell:
    return _rate(worst_of(one))


def _ever(one: RankedRow) -> Cell:
    if one.strongest is None:
        return Cell(DASH, "", None)
    people = len(one.strongest.shares)
    return Cell(
        f"{one.strongest.ever} of {people}", f"guessing {one.strongest.guessed:.0f}", one.strongest.ever / people
    )


def _worst_auc(one: RankedRow) -> Cell:
    return interval_cell(worst_of(one).auc)


def _by(one: RankedRow) -> Cell:
    if one.strongest is None:
        return Cell(DASH, "", None)
    alike = len(one.strongest.alike)
    others = f"and {alike} {'other' if alike == 1 else 'others'} alike" if alike else ""
    together = one.strongest.attack is None
    best = f"best alone {one.strongest.alone} {others}".strip() if together else others
    decided = one.row.entries.values() if together else [one.row.entries[one.strongest.attack or ""]]
    verified = "verified" if all(entry.verified for entry in decided) else ""
    return Cell(found_by(one), ", ".join(part for part in (best, verified) if part), found_by(one))


def _attacks(one: RankedRow) -> Cell:
    left_out = [f"{len(one.row.absent)} took no part"] if one.row.absent else []
    spared = [f"{len(one.spared)} never run"] if one.spared else []
    return Cell(str(len(one.row.entries)), ", ".join(left_out + spared), len(one.row.entries))


def _paper_auc(one: RankedRow) -> Cell:
    return interval_cell(paper_alone(one).auc)


def _paper_tpr(one: RankedRow) -> Cell:
    return _rate(paper_alone(one))
