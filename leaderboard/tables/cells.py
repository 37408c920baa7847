"""The columns of the table of cells; whatever does not decide stands in the details of a cell."""

from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Board
from bench.leaderboard.numbers import about, finite, fixed, percent
from bench.leaderboard.operating_points import tpr_at
from bench.leaderboard.tables.table import Cell, Column, interval_cell, rate_cell
from bench.records.score_names import shown
from bench.types.threat import Goal

CELL_LETTERS = 8
FPR = 0.1
_NOTHING = {
    Goal.MEMBERSHIP.value: "the server's own certainty",
    Goal.ATTRIBUTE.value: "the size of every class in the server's answer, without an attack",
}


def columns_of(board: Board) -> list[Column[Entry]]:
    """The columns of one board, what decides first."""
    headline = "headline score" if board.headline is None else shown(board.headline)
    membership, traits = board.goal == Goal.MEMBERSHIP, board.goal == Goal.ATTRIBUTE
    nothing = _NOTHING.get(board.goal, "the release itself, without an attack")
    oracle = Column(
        "oracle-key", "Oracle key", f"{headline} of the clean scan, as the true key gives it", True, _oracle_key
    )
    found = "people trained on who are found" if membership else "same-person pairs recognised"
    tpr = Column("tpr-10", f"TPR at {percent(FPR)} FPR", f"{found} at one false alarm in ten", True, _tpr)
    return [
        Column("defense", "Defense", "what the hospital does to a scan before sending it", False, _defense),
        Column("attack", "Attack", "what the attacker does with what was sent", False, _attack),
        Column("tier", "Tier", "strength of the attacker, T0 to T4", True, _tier),
        Column(
            "state",
            "State",
            "only OK cells carry privacy scores; claimed by whoever made the record, or verified by running it again",
            False,
            _state,
        ),
        Column("dice", "Dice", "average over classes, 1 is perfect; 95 % interval over people", True, _dice),
        Column("headline", headline, "what leaks, with its 95 % interval over people", True, _headline),
        Column("chance", "Chance", f"{headline} of an attacker who guesses", True, _chance),
        Column("do-nothing", "Do nothing", f"{headline} of {nothing}", True, _do_nothing),
        *([] if membership else [oracle]),  # no key opens who was trained on
        *([] if traits else [tpr]),  # nobody is recognised or taken for somebody else
        Column("attack-s", "Attack s", "seconds that the attack took on the machine that ran it", True, _seconds),
        Column("seed", "Seed", "of all randomness in the cell", True, _seed),
        Column("cell", "Cell", "content address of the cell; leads to its details", False, _cell),
    ]


def _defense(entry: Entry) -> Cell:
    return Cell(entry.defense, "", entry.defense)


def _attack(entry: Entry) -> Cell:
    return Cell(entry.attack, "", entry.attack)


def _tier(entry: Entry) -> Cell:
    tier = entry.record.attack.threat.tier
    return Cell(f"T{tier}", "", tier)


def _dice(entry: Entry) -> Cell:
    return interval_cell(entry.record.utility.dice_average)


def _headline(entry: Entry) -> Cell:
    return interval_cell(None if entry.headline is None else entry.headline.value)


def _chance(entry: Entry) -> Cell:
    chance = None if entry.headline is None else finite(entry.headline.chance)
    return Cell(fixed(chance, 3), "", chance)


def _do_nothing(entry: Entry) -> Cell:
    return _control(entry, "do-nothing")


def _oracle_key(entry: Entry) -> Cell:
    return _control(entry, "oracle-key")


def _control(entry: Entry, name: str) -> Cell:
    return interval_cell(entry.control(name))


def _tpr(entry: Entry) -> Cell:
    found = entry.verification
    return (
        rate_cell(None, None) if found is None else rate_cell(tpr_at(found.operating_points, FPR), found.smallest_fpr)
    )


def _seconds(entry: Entry) -> Cell:
    value = finite(entry.record.cost.attack_seconds)
    return Cell(about(value), "", value)


def _state(entry: Entry) -> Cell:
    state = entry.record.status.value.upper()
    return Cell(state, entry.record.reason or entry.standing, state)


def _seed(entry: Entry) -> Cell:
    return Cell(str(entry.record.seed), "", entry.record.seed)


def _cell(entry: Entry) -> Cell:
    return Cell(entry.record.cell[:CELL_LETTERS], "", entry.record.cell)
