"""The tables that the page shows, without the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.leaderboard.caveats import caveats
from bench.leaderboard.cohorts import notes_of, title_of
from bench.leaderboard.grouping import Group
from bench.leaderboard.numbers import DASH
from bench.leaderboard.tables import costs, seeds
from bench.leaderboard.tables.cells import columns_of
from bench.leaderboard.tables.table import Cell, Column
from bench.leaderboard.threat_words import goal_in_words
from bench.leaderboard.worst_case.columns import TITLE, worst_columns
from bench.leaderboard.worst_case.verdict import verdict_of
from bench.leaderboard.worst_case.view import worst_notes
from bench.records.score_names import shown

Row = TypeVar("Row")

LARGER_IS_BETTER = frozenset({"dice"})
SMALLER_IS_BETTER = frozenset({"headline", "worst-tpr", "worst-auc", "union-auc", "union-tpr", "tpr-10"})
"""What a defense wants little of."""
ATTACK = "attack"
"""Column that says which attack a row is of."""


@dataclass(frozen=True, eq=False)
class PlainTable:
    """One table.

    Attributes:
        group: which scans, preset and protocol; numbers of two groups are never compared.
        keys: stable names of the columns.
        heads: title and whether it holds numbers, column by column.
        rows: cells, row by row.
        best: rows with the best value, column by column; empty where best means nothing.
        notes: what a reader must know, a line each.
    """

    group: str
    title: str
    keys: tuple[str, ...]
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    best: tuple[frozenset[int], ...]
    notes: tuple[str, ...]


def plain_tables(groups: Sequence[Group]) -> list[PlainTable]:
    """Of every group: the worst case per defense, what was repeated under other seeds, costs, then every cell."""
    tables = []
    for group in groups:
        key, known = group.key, [*notes_of(group), *caveats(group)]
        made = f"protocol {key.protocol_version}, split {key.split_hash[:8]}"
        name = f"{title_of(group)}, {key.preset}: {key.origin}; {made}"
        if group.worst:
            verdict = [found] if (found := verdict_of(group.worst)) else []
            columns, notes = worst_columns(group.worst), [*verdict, *known, *worst_notes(group.worst)]
            tables.append(_table(name, TITLE, columns, group.worst, lambda one: one.standing is not None, notes))
        repeated = seeds.over_seeds(group.entries)
        if repeated:
            columns_ = seeds.seeds_columns(repeated)
            tables.append(_table(name, seeds.TITLE, columns_, repeated, _never, [seeds.NOTE]))
        cost, told = costs.costs_of(group.entries, group.defenses), [] if group.worst else known
        tables.append(_table(name, costs.TITLE, costs.cost_columns(), cost, _never, [costs.NOTE, *told]))
        for board in group.boards:
            by = "" if board.headline is None else f", by {shown(board.headline)}"
            title = f"{goal_in_words(board.goal, board.phase)}{by}"
            tables.append(_table(name, title, columns_of(board), board.entries, lambda one: one.ranked, []))
    return tables


def _never(_: object) -> bool:
    """Of rows among which none is the best."""
    return False


def _table(
    group: str,
    title: str,
    columns: Sequence[Column[Row]],
    rows: Sequence[Row],
    counts: Callable[[Row], bool],
    notes: Sequence[str],
) -> PlainTable:
    cells = tuple(tuple(column.cell(row) for column in columns) for row in rows)
    counting = [place for place, row in enumerate(rows) if counts(row)]
    keys = [column.key for column in columns]
    attacks = [row[keys.index(ATTACK)].text for row in cells] if ATTACK in keys else None
    best = tuple(_best(key, [row[at] for row in cells], counting, attacks) for at, key in enumerate(keys))
    heads = tuple((column.title, column.numeric) for column in columns)
    return PlainTable(group, title, tuple(keys), heads, cells, best, tuple(notes))


def _best(key: str, column: Sequence[Cell], counting: Sequence[int], attacks: Sequence[str] | None) -> frozenset[int]:
    """Rows that print the best number; a lead that is rounded away is none.

    Where rows are of several attacks, what leaks is compared among defenses under one attack: the least of all would
    be the number of the weakest attack, and say nothing for any defense.
    """
    if attacks is not None and key in SMALLER_IS_BETTER:
        faced = {name: [at for at in counting if attacks[at] == name] for name in set(attacks)}
        return frozenset[int]().union(*(_best(key, column, rows, None) for rows in faced.values() if len(rows) > 1))
    if key not in LARGER_IS_BETTER | SMALLER_IS_BETTER:
        return frozenset()
    known = {at: float(column[at].text) for at in counting if column[at].order is not None and column[at].text != DASH}
    if not known:
        return frozenset()
    wanted = max(known.values()) if key in LARGER_IS_BETTER else min(known.values())
    return frozenset(at for at, value in known.items() if value == wanted)
