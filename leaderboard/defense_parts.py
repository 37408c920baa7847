"""The part of the page about one defense: what it is, what it costs, what is known of its leaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.curves import Curves, curves_of
from bench.leaderboard.entry import LAST_RANKED_TIER, Entry
from bench.leaderboard.grouping import Group
from bench.leaderboard.numbers import bounds, fixed, percent
from bench.leaderboard.overview.marks import worst_alone
from bench.leaderboard.overview.measures import measures
from bench.leaderboard.row import Row
from bench.leaderboard.strongest import RANK_FPR
from bench.leaderboard.svg.markers import marker_icon
from bench.leaderboard.union_ranks import RankedRow
from bench.leaderboard.worst_columns import found_by, tpr_of, union_of, worst_of


@dataclass(frozen=True, eq=False)
class DefensePart:
    """One defense.

    Attributes:
        ident: unique on the page; made of counters.
        name: as the tables show it, with the settings that tell variants apart.
        first: a cell of it, whose record says what the defense is.
        trained: a cell for every training seed, for its utility.
        sentences: what is known of its leaks, in plain words.
        curves: all attacks on it in one drawing, along queries and along its dial.
        rows: its cells, table by table.
    """

    ident: str
    name: str
    icon: Markup
    first: Entry
    trained: tuple[Entry, ...]
    sentences: tuple[str, ...]
    curves: tuple[Curves, ...]
    rows: tuple[Row, ...]


def defense_parts(group: Group, rows: Sequence[Row], series: Mapping[str, int], ident: str) -> list[DefensePart]:
    """A part for every defense, in the order of the worst cases.

    Args:
        group: the group.
        rows: all its cells.
        series: marker index of every defense.
        ident: start of every part's ident.
    """
    names = dict.fromkeys([one.row.defense for one in group.worst] + [row.entry.defense for row in rows])
    return [
        _part(group, name, [row for row in rows if row.entry.defense == name], series[name], f"{ident}{number}")
        for number, name in enumerate(names, start=1)
    ]


def _part(group: Group, name: str, rows: Sequence[Row], series: int, ident: str) -> DefensePart:
    by_seed: dict[int, Entry] = {}
    for row in rows:
        by_seed.setdefault(row.entry.record.seed, row.entry)
    return DefensePart(
        ident=ident,
        name=name,
        icon=marker_icon(series, hollow=False),
        first=rows[0].entry,
        trained=tuple(by_seed[seed] for seed in sorted(by_seed)),
        sentences=tuple(_sentences(group, name)),
        curves=tuple(curves_of([row.entry for row in rows], f"{ident}-curves")),
        rows=tuple(rows),
    )


def _sentences(group: Group, name: str) -> list[str]:
    known = [sentence for one in group.worst if one.row.defense == name for sentence in _worst(one)]
    tested = measures(group.entries)
    strongest = [mark for mark in worst_alone(group.entries, tested[0], LAST_RANKED_TIER)] if tested else []
    alone = [
        f"The strongest single attack up to T{int(LAST_RANKED_TIER)} is {mark.attack}: {tested[0].title} "
        f"{fixed(mark.leak.value, 3)} {bounds(mark.leak)}, where a guess gets {fixed(mark.chance, 3)}."
        for mark in strongest
        if mark.entry.defense == name
    ]
    if not alone and not known:
        return ["Unproven: no valid attack that tells people apart ran on it, so nothing is known of its privacy."]
    return known + alone


def _worst(one: RankedRow) -> list[str]:
    found, together = tpr_of(worst_of(one)), tpr_of(union_of(one))
    if found is None or together is None or one.strongest is None:
        return []
    count, single = len(one.row.entries), one.strongest.attack is not None
    told = (
        f"Seed {one.row.seed}: at {percent(RANK_FPR)} false alarms, {found_by(one)} recognise{'s' if single else ''} "
        f"{percent(found.value)} of the pairs of scans of one person "
        f"(95 % interval {percent(found.low)} to {percent(found.high)}); guessing recognises {percent(RANK_FPR)}."
    )
    more = f" All {count} attacks together, their false alarms included, recognise {percent(together.value)}."
    return [told + (more if single and count > 1 else "")]
