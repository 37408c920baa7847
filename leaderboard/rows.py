"""Everything the template needs for one board and one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.columns import Cell, Column, columns_of
from bench.leaderboard.entry import LAST_RANKED_TIER, Entry
from bench.leaderboard.grouping import Board, Group
from bench.leaderboard.pictures import Picture, picture
from bench.leaderboard.plots import curve, drawable, scatters
from bench.leaderboard.ranking import worst_cases
from bench.leaderboard.score_names import shown
from bench.leaderboard.svg.markers import marker_icon
from bench.leaderboard.threat_words import card_in_words, goal_in_words


@dataclass(frozen=True, eq=False)
class Row:
    """One row and its details.

    Attributes:
        ident: unique on the page; made of counters, never of anything a record says.
        worst: this cell decides the place of its defense.
        pictures_left_out: how many listed pictures could not be embedded.
    """

    ident: str
    entry: Entry
    cells: tuple[tuple[Column, Cell], ...]
    icon: Markup
    worst: bool
    card: list[tuple[str, str]]
    curve: Markup | None
    pictures: tuple[Picture, ...]
    pictures_left_out: int


@dataclass(frozen=True, eq=False)
class BoardView:
    """One plot with its legend and one table.

    Attributes:
        not_drawn: cells without both coordinates.
    """

    ident: str
    goal: str
    headline: str | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    scatters: tuple[Markup, ...]
    legend: tuple[tuple[Markup, str], ...]
    not_drawn: int
    has_hollow: bool


@dataclass(frozen=True, eq=False)
class GroupView:
    """One section of the page."""

    ident: str
    group: Group
    boards: tuple[BoardView, ...]


def group_views(groups: Sequence[Group]) -> list[GroupView]:
    """The sections of the page."""
    return [_group_view(group, f"g{number}") for number, group in enumerate(groups, start=1)]


def _group_view(group: Group, ident: str) -> GroupView:
    defenses = sorted({entry.defense for board in group.boards for entry in board.entries})
    series = {name: index for index, name in enumerate(defenses)}
    boards = (
        _board_view(board, group.classes, series, f"{ident}b{number}")
        for number, board in enumerate(group.boards, start=1)
    )
    return GroupView(ident, group, tuple(boards))


def _board_view(board: Board, classes: tuple[str, ...], series: Mapping[str, int], ident: str) -> BoardView:
    columns = tuple(columns_of(board, classes))
    worst = worst_cases(board.entries)
    drawn = [entry for entry in board.entries if drawable(entry)]
    names = dict.fromkeys(entry.defense for entry in drawn)
    return BoardView(
        ident=ident,
        goal=goal_in_words(board.goal),
        headline=None if board.headline is None else shown(board.headline),
        columns=columns,
        rows=tuple(
            _row(entry, columns, series[entry.defense], worst.get(entry.defense) is entry, f"{ident}r{number}")
            for number, entry in enumerate(board.entries, start=1)
        ),
        scatters=tuple(scatters(board, series, f"{ident}-scatter")),
        legend=tuple((marker_icon(series[name], hollow=False), name) for name in names),
        not_drawn=len(board.entries) - len(drawn),
        has_hollow=any(entry.record.attack.threat.tier > LAST_RANKED_TIER for entry in drawn),
    )


def _row(entry: Entry, columns: Sequence[Column], series: int, worst: bool, ident: str) -> Row:
    found = [picture(entry.path, name) for name in entry.record.pictures]
    embedded = tuple(one for one in found if one is not None)
    return Row(
        ident=ident,
        entry=entry,
        cells=tuple((column, column.cell(entry)) for column in columns),
        icon=marker_icon(series, hollow=False),
        worst=worst,
        card=card_in_words(entry.record.attack.threat),
        curve=curve(entry, f"{ident}-curve"),
        pictures=embedded,
        pictures_left_out=len(found) - len(embedded),
    )
