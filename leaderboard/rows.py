"""Everything the template needs for one board and one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.cell_figures import Figure, cell_figures
from bench.leaderboard.columns import columns_of
from bench.leaderboard.differences import differences
from bench.leaderboard.entry import LAST_RANKED_TIER, Entry
from bench.leaderboard.facts import Fact, check_facts, confound_facts, control_facts, residual_facts
from bench.leaderboard.grouping import Board, Group
from bench.leaderboard.over_seeds import SeedsView, over_seeds, seeds_view
from bench.leaderboard.pictures import Picture, picture
from bench.leaderboard.plots import drawable, scatters
from bench.leaderboard.provenance import provenance_facts
from bench.leaderboard.score_names import shown
from bench.leaderboard.state_words import STATES
from bench.leaderboard.svg.markers import marker_icon
from bench.leaderboard.tables import Cell, Column
from bench.leaderboard.threat_words import card_in_words, goal_in_words
from bench.leaderboard.verification_words import membership_facts, verification_facts
from bench.leaderboard.worst_view import WorstView, part_of, parts, worst_view
from bench.types.threat import Goal


@dataclass(frozen=True, eq=False)
class Row:
    """One row and its details.

    Attributes:
        ident: unique on the page; made of counters, never of anything a record says.
        state: what the state says and does not say.
        part: what the cell adds to the worst case of its defense.
        facts: titled lists of lines about the attack.
        pictures_left_out: how many listed pictures could not be embedded.
    """

    ident: str
    entry: Entry
    cells: tuple[tuple[Column[Entry], Cell], ...]
    icon: Markup
    card: list[tuple[str, str]]
    state: str
    part: str
    facts: tuple[tuple[str, list[Fact]], ...]
    figures: tuple[Figure, ...]
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
    columns: tuple[Column[Entry], ...]
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
    differs: tuple[str, ...]
    worst: WorstView | None
    seeds: SeedsView | None
    boards: tuple[BoardView, ...]


def group_views(groups: Sequence[Group]) -> list[GroupView]:
    """The sections of the page."""
    return [
        _group_view(group, differences([other.key for other in groups], group.key), f"g{number}")
        for number, group in enumerate(groups, start=1)
    ]


def _group_view(group: Group, differs: Sequence[str], ident: str) -> GroupView:
    defenses = sorted({entry.defense for board in group.boards for entry in board.entries})
    series = {name: index for index, name in enumerate(defenses)}
    known = parts(group.worst)
    boards = (
        _board_view(board, known, series, f"{ident}b{number}") for number, board in enumerate(group.boards, start=1)
    )
    seeds = seeds_view(over_seeds(group.entries), f"{ident}-seeds")
    worst = worst_view(group.worst, f"{ident}-worst")
    return GroupView(ident, group, tuple(differs), worst, seeds, tuple(boards))


def _board_view(board: Board, known: dict[int, str], series: Mapping[str, int], ident: str) -> BoardView:
    columns = tuple(columns_of(board))
    drawn = [entry for entry in board.entries if drawable(entry)]
    names = dict.fromkeys(entry.defense for entry in drawn)
    return BoardView(
        ident=ident,
        goal=goal_in_words(board.goal, board.phase),
        headline=None if board.headline is None else shown(board.headline),
        columns=columns,
        rows=tuple(
            _row(entry, columns, marker_icon(series[entry.defense], hollow=False), known, f"{ident}r{number}")
            for number, entry in enumerate(board.entries, start=1)
        ),
        scatters=tuple(scatters(board, series, f"{ident}-scatter")),
        legend=tuple((marker_icon(series[name], hollow=False), name) for name in names),
        not_drawn=len(board.entries) - len(drawn),
        has_hollow=any(entry.record.attack.threat.tier > LAST_RANKED_TIER for entry in drawn),
    )


def _row(entry: Entry, columns: Sequence[Column[Entry]], icon: Markup, known: dict[int, str], ident: str) -> Row:
    found = [picture(entry.path, name) for name in entry.record.pictures]
    embedded = tuple(one for one in found if one is not None)
    return Row(
        ident=ident,
        entry=entry,
        cells=tuple((column, column.cell(entry)) for column in columns),
        icon=icon,
        card=card_in_words(entry.record.attack.threat),
        state=STATES[entry.record.status],
        part=part_of(entry, known),
        facts=tuple((title, facts) for title, facts in _facts(entry) if facts),
        figures=tuple(cell_figures(entry, ident)),
        pictures=embedded,
        pictures_left_out=len(found) - len(embedded),
    )


def _facts(entry: Entry) -> list[tuple[str, list[Fact]]]:
    """What is known about the attack, title by title."""
    validity, privacy = entry.record.validity, entry.privacy
    missing = [Fact("planted leaks", "not looked for", "the checks could not be run")]
    checks = ("Known-answer checks", missing if validity is None else check_facts(validity))
    known = ("How it is known", provenance_facts(entry.path))
    if privacy is None:
        return [checks, known]
    among = ("The score among its controls", control_facts(entry))
    if entry.record.attack.threat.goal == Goal.MEMBERSHIP:
        return [checks, known, among, ("Trained on or not?", membership_facts(privacy.verification))]
    return [
        checks,
        known,
        among,
        ("Verification: one person or two?", verification_facts(privacy.verification)),
        ("Residual risk", residual_facts(privacy.residual)),
        ("Patient or key?", confound_facts(privacy.confound)),
    ]
