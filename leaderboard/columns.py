"""The columns of the table: what each cell shows and what it sorts by."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Board
from bench.leaderboard.numbers import DASH, about, bounds, finite, fixed, megabytes, milliseconds
from bench.leaderboard.score_names import plain, shown
from bench.records.schema import Interval

EXTRA_SCORES = ("rank-1", "macro-F1")
CELL_LETTERS = 8


@dataclass(frozen=True)
class Cell:
    """One field of the table.

    Attributes:
        detail: small print below the text, such as the interval.
        order: what the column sorts by; None is shown as a dash and sorts last in either direction.
    """

    text: str
    detail: str
    order: float | int | str | None


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes:
        key: stable name, also in the page's markup.
        hint: what the number means, with its unit.
        numeric: sorts by number and is set flush right.
    """

    key: str
    title: str
    hint: str
    numeric: bool
    cell: Callable[[Entry], Cell]


def columns_of(board: Board, classes: tuple[str, ...]) -> list[Column]:
    """The columns of one board; what decides stands first, per-class Dice follows the classes of the data."""
    headline = "headline score" if board.headline is None else shown(board.headline)
    return [
        Column("defense", "Defense", "what the hospital does to a scan before sending it", False, _defense),
        Column("attack", "Attack", "what the attacker does with what was sent", False, _attack),
        Column("tier", "Tier", "strength of the attacker, T0 to T4", True, _tier),
        Column("state", "State", "only OK cells carry privacy scores", False, _state),
        Column("dice", "Dice", "average over classes, 1 is perfect; 95 % interval over people", True, _dice),
        Column("headline", headline, "what leaks, with its 95 % interval over people", True, _headline),
        Column("chance", "Chance", f"{headline} of an attacker who guesses", True, _chance),
        *(_score_column(name) for name in EXTRA_SCORES if _adds(board, name)),
        *(_class_column(index, name) for index, name in enumerate(classes)),
        Column("icc", "ICC", "test-retest reliability of Dice over two keys, lowest class", True, _icc),
        Column("client-ms", "Client ms", "the hospital's computing time for one scan", True, _client),
        Column("server-ms", "Server ms", "the server's computing time for one scan", True, _server),
        Column("megabytes", "MB sent", "megabytes that leave the hospital for one scan", True, _megabytes),
        Column("queries", "Queries", "queries per scan that the attack uses", True, _queries),
        Column("seed", "Seed", "of all randomness in the cell", True, _seed),
        Column("cell", "Cell", "content address of the cell; leads to its details", False, _cell),
    ]


def _adds(board: Board, name: str) -> bool:
    is_headline = board.headline is not None and plain(board.headline) == plain(name)
    return not is_headline and any(entry.score(name) is not None for entry in board.entries)


def _class_column(index: int, name: str) -> Column:
    def cell(entry: Entry) -> Cell:
        found = entry.record.utility.dice.get(name)
        return _interval(found)

    return Column(f"class-{index}", name, f"Dice of {name}, with its 95 % interval over people", True, cell)


def _score_column(name: str) -> Column:
    def cell(entry: Entry) -> Cell:
        found = entry.score(name)
        return _interval(None if found is None else found.value)

    return Column(plain(name), shown(name), f"{shown(name)} of the attack, with its 95 % interval", True, cell)


def _interval(interval: Interval | None) -> Cell:
    if interval is None or finite(interval.value) is None:
        return Cell(DASH, "", None)
    return Cell(fixed(interval.value, 3), bounds(interval), interval.value)


def _defense(entry: Entry) -> Cell:
    return Cell(entry.defense, "", entry.defense)


def _attack(entry: Entry) -> Cell:
    return Cell(entry.attack, "", entry.attack)


def _tier(entry: Entry) -> Cell:
    tier = entry.record.attack.threat.tier
    return Cell(f"T{tier}", "", tier)


def _dice(entry: Entry) -> Cell:
    return _interval(entry.record.utility.dice_average)


def _headline(entry: Entry) -> Cell:
    return _interval(None if entry.headline is None else entry.headline.value)


def _chance(entry: Entry) -> Cell:
    chance = None if entry.headline is None else finite(entry.headline.chance)
    return Cell(fixed(chance, 3), "", chance)


def _icc(entry: Entry) -> Cell:
    return Cell(fixed(entry.lowest_icc, 3), "", entry.lowest_icc)


def _client(entry: Entry) -> Cell:
    value = milliseconds(entry.record.cost.client_seconds)
    return Cell(about(value), "", value)


def _server(entry: Entry) -> Cell:
    value = milliseconds(entry.record.cost.server_seconds)
    return Cell(about(value), "", value)


def _megabytes(entry: Entry) -> Cell:
    value = megabytes(entry.record.cost.bytes_sent)
    return Cell(about(value), "", value)


def _queries(entry: Entry) -> Cell:
    count = entry.queries_used
    return Cell("all" if count is None else str(count), "", count)


def _state(entry: Entry) -> Cell:
    state = entry.record.status.value.upper()
    return Cell(state, entry.record.reason or "", state)


def _seed(entry: Entry) -> Cell:
    return Cell(str(entry.record.seed), "", entry.record.seed)


def _cell(entry: Entry) -> Cell:
    return Cell(entry.record.cell[:CELL_LETTERS], "", entry.record.cell)
