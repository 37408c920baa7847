"""Every defense under whatever recognises most."""

from bench.leaderboard.numbers import from_to
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.rates import worst_of
from docs.tables.board import TITLES, Board
from docs.tables.written import NONE, table, with_bounds


def worst_cases(board: Board, data: str) -> str:
    """The page's table of worst cases, in short."""
    head = ("rank", f"defense, {TITLES[data]}", "Dice", "AUC", "TPR", "people found", "found by", "attacks")
    return table(head, [_row(one) for one in board.groups[data].worst])


def _row(one: RankedRow) -> tuple[str, ...]:
    worst, never = worst_of(one), len(one.spared)
    return (
        NONE if one.standing is None else from_to(one.standing.best, one.standing.worst),
        f"`{one.row.defense}`",
        with_bounds(one.example.record.utility.dice_average),
        with_bounds(worst.auc),
        with_bounds(worst.tpr),
        NONE
        if one.strongest is None
        else f"{one.strongest.ever} of {len(one.strongest.shares)} (guessing {one.strongest.guessed:.0f})",
        _found_by(one),
        f"{len(one.row.entries)} ({never} never run)" if never else str(len(one.row.entries)),
    )


def _found_by(one: RankedRow) -> str:
    if one.strongest is None:
        return NONE
    if one.strongest.attack is not None:
        return f"`{one.strongest.attack}`"
    return f"all together (best alone `{one.strongest.alone}`)"
