"""The sections of the page, group by group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.caveats import caveats
from bench.leaderboard.cohorts import notes_of, title_of
from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Board, Group
from bench.leaderboard.page.defense_parts import DefensePart, defense_parts
from bench.leaderboard.page.differences import differences
from bench.leaderboard.page.matrix import Matrix, matrix_of
from bench.leaderboard.page.overview.view import OverviewView, overview_view
from bench.leaderboard.page.plots import drawable, scatters
from bench.leaderboard.page.row import Row, row_of
from bench.leaderboard.page.svg.markers import marker_icon
from bench.leaderboard.tables import costs, seeds
from bench.leaderboard.tables.cells import columns_of
from bench.leaderboard.tables.table import Column, TableView, table_view
from bench.leaderboard.threat_words import goal_in_words
from bench.leaderboard.worst_case.verdict import verdict_of
from bench.leaderboard.worst_case.view import WorstView, parts, worst_view
from bench.records.score_names import shown
from bench.types.threat import LAST_RANKED_TIER


@dataclass(frozen=True, eq=False)
class BoardView:
    """One table, and a plot of its own where the picture above all tables does not show its cells.

    Attributes:
        linking: its attacks tell people apart, so that its defenses stand in the order of their worst case.
        not_drawn: cells without both coordinates.
    """

    ident: str
    goal: str
    headline: str | None
    columns: tuple[Column[Entry], ...]
    rows: tuple[Row, ...]
    linking: bool
    scatters: tuple[Markup, ...]
    legend: tuple[tuple[Markup, str], ...]
    not_drawn: int
    has_hollow: bool


@dataclass(frozen=True, eq=False)
class GroupView:
    """One section of the page.

    Attributes:
        title: which scans these are.
        verdict: what the worst cases come to, in a sentence; empty without ranks.
        notes: what their records say of them.
        caveats: what to know of the numbers' origin.
        differs: how other groups of the same data differ.
        utility_people: how many people utility was measured on.
        worst: by the tier of the strongest attacker, the worst case of every defense.
        seeds: None if no cell was run under a second seed.
        idents: by `id` of an entry, where its details stand.
        defense_idents: by name, where the part about a defense stands.
    """

    ident: str
    group: Group
    title: str
    verdict: str
    notes: tuple[str, ...]
    caveats: tuple[str, ...]
    differs: tuple[str, ...]
    utility_people: int
    overview: OverviewView | None
    worst: tuple[tuple[int, WorstView], ...]
    matrix: Matrix
    seeds: TableView[seeds.SeedsRow] | None
    cost: TableView[costs.CostRow]
    boards: tuple[BoardView, ...]
    defenses: tuple[DefensePart, ...]
    idents: Mapping[int, str]
    defense_idents: Mapping[str, str]


def group_views(groups: Sequence[Group]) -> list[GroupView]:
    """The sections of the page; a defense has one marker in all of them."""
    defenses = sorted({entry.defense for group in groups for entry in group.entries})
    series = {name: index for index, name in enumerate(defenses)}
    return [
        _group_view(group, series, differences([other.key for other in groups], group.key), f"g{number}")
        for number, group in enumerate(groups, start=1)
    ]


def _group_view(group: Group, series: Mapping[str, int], differs: Sequence[str], ident: str) -> GroupView:
    known = parts(group.worst)
    boards = tuple(
        _board_view(board, known, series, f"{ident}b{number}") for number, board in enumerate(group.boards, start=1)
    )
    rows = [row for board in boards for row in board.rows]
    about = tuple(defense_parts(group, rows, series, f"{ident}d"))
    worst = ((tier, worst_view(ranked, f"{ident}-worst-{tier}")) for tier, ranked in group.worst_by_tier.items())
    return GroupView(
        ident=ident,
        group=group,
        title=title_of(group),
        verdict=verdict_of(group.worst),
        notes=tuple(notes_of(group)),
        caveats=tuple(caveats(group)),
        differs=tuple(differs),
        utility_people=group.first.utility.dice_average.n,
        overview=overview_view(group, series, f"{ident}-overview"),
        worst=tuple((tier, view) for tier, view in worst if view is not None),
        matrix=matrix_of(group),
        seeds=_seeds(group, f"{ident}-seeds"),
        cost=_cost(group, f"{ident}-costs"),
        boards=boards,
        defenses=about,
        idents={id(row.entry): row.ident for row in rows},
        defense_idents={part.name: part.ident for part in about},
    )


def _seeds(group: Group, ident: str) -> TableView[seeds.SeedsRow] | None:
    rows = seeds.over_seeds(group.entries)
    return table_view(rows, seeds.seeds_columns(rows), ident, seeds.TITLE, seeds.NOTE) if rows else None


def _cost(group: Group, ident: str) -> TableView[costs.CostRow]:
    rows = costs.costs_of(group.entries, group.defenses)
    return table_view(rows, costs.cost_columns(), ident, costs.TITLE, costs.NOTE)


def _board_view(board: Board, known: dict[int, str], series: Mapping[str, int], ident: str) -> BoardView:
    columns = tuple(columns_of(board))
    shown_above = board.entries[0].record.attack.threat.links
    drawn = [] if shown_above else [entry for entry in board.entries if drawable(entry)]
    names = dict.fromkeys(entry.defense for entry in drawn)
    return BoardView(
        ident=ident,
        goal=goal_in_words(board.goal, board.phase),
        headline=None if board.headline is None else shown(board.headline),
        columns=columns,
        rows=tuple(
            row_of(entry, columns, marker_icon(series[entry.defense], hollow=False), known, f"{ident}r{number}")
            for number, entry in enumerate(board.entries, start=1)
        ),
        linking=shown_above,
        scatters=() if shown_above else tuple(scatters(board, series, f"{ident}-scatter")),
        legend=tuple((marker_icon(series[name], hollow=False), name) for name in names),
        not_drawn=0 if shown_above else len(board.entries) - len(drawn),
        has_hollow=any(entry.record.attack.threat.tier > LAST_RANKED_TIER for entry in drawn),
    )
