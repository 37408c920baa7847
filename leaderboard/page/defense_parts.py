"""The part of the page about one defense: what it is, what it costs, what is known of its leaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Group
from bench.leaderboard.numbers import bounds, fixed, percent
from bench.leaderboard.page.curves import Curves, curves_of
from bench.leaderboard.page.overview.marks import worst_alone
from bench.leaderboard.page.overview.measures import measures
from bench.leaderboard.page.row import Row
from bench.leaderboard.page.svg.markers import marker_icon
from bench.leaderboard.trainings import trainings
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.rates import found_by, union_of, worst_of
from bench.leaderboard.worst_case.strongest import RANK_FPR
from bench.records.score_names import shown
from bench.types.threat import LAST_RANKED_TIER

NAKED = "no-proxy"
"""The defense that sends the scan as it is."""
SPREAD = 0.1
"""By how much a score must differ along the dial to be worth a sentence."""


@dataclass(frozen=True, eq=False)
class Trained:
    """One training of a defense.

    Attributes:
        first: a cell that met it.
        attacks: that met it; empty if there is but one training a seed.
    """

    first: Entry
    title: str
    attacks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DefensePart:
    """One defense.

    Attributes:
        ident: unique on the page; made of counters.
        name: as the tables show it, with the settings that tell variants apart.
        first: a cell of it, whose record says what the defense is.
        trained: its trainings, for its utility.
        sentences: what is known of its leaks, in plain words.
        curves: all attacks on it in one drawing, along queries and along its dial.
        rows: its cells, table by table.
    """

    ident: str
    name: str
    icon: Markup
    first: Entry
    trained: tuple[Trained, ...]
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
    return [
        _part(group, name, [row for row in rows if row.entry.defense == name], series[name], f"{ident}{number}")
        for number, name in enumerate(group.defenses, start=1)
    ]


def _part(group: Group, name: str, rows: Sequence[Row], series: int, ident: str) -> DefensePart:
    return DefensePart(
        ident=ident,
        name=name,
        icon=marker_icon(series, hollow=False),
        first=rows[0].entry,
        trained=tuple(_trained([row.entry for row in rows])),
        sentences=tuple(_sentences(group, name)),
        curves=tuple(curves_of([row.entry for row in rows], f"{ident}-curves")),
        rows=tuple(rows),
    )


def _trained(entries: Sequence[Entry]) -> list[Trained]:
    found = sorted(trainings(entries), key=lambda cells: (cells[0].record.seed, -len(cells), cells[0].record.cell))
    seeds = {cells[0].record.seed for cells in found}
    several = len(found) > len(seeds)
    return [
        Trained(
            first=cells[0],
            title="Utility by class" + (f", seed {cells[0].record.seed}" if len(seeds) > 1 else ""),
            attacks=tuple(sorted({entry.attack for entry in cells})) if several else (),
        )
        for cells in found
    ]


def _sentences(group: Group, name: str) -> list[str]:
    naked = frozenset(entry.defense for entry in group.entries if entry.record.defense.name == NAKED)
    known = [sentence for one in group.worst if one.row.defense == name for sentence in _worst(one, naked)]
    tested = measures(group.entries)
    strongest = [mark for mark in worst_alone(group.entries, tested[0], LAST_RANKED_TIER)] if tested else []
    alone = [
        f"By {tested[0].title} the strongest single attack up to T{int(LAST_RANKED_TIER)} is {mark.attack}: "
        f"{fixed(mark.leak.value, 3)} {bounds(mark.leak)}, where a guess gets {fixed(mark.chance, 3)}."
        for mark in strongest
        if mark.entry.defense == name
    ]
    if not alone and not known:
        return ["Unproven: no valid attack that tells people apart ran on it, so nothing is known of its privacy."]
    return known + alone


def _along(entry: Entry) -> list[str]:
    """That a mean over keys hides who drew a bad one."""
    curve = None if entry.privacy is None else entry.privacy.by_dial
    scores = [] if curve is None else [(point.score.value, point.at) for point in curve.points]
    known = [(value, at) for value, at in scores if value is not None]
    if entry.privacy is None or curve is None or len(known) < 2 or max(known)[0] - min(known)[0] < SPREAD:
        return []
    (low, safest), (high, worst) = min(known), max(known)
    score = shown(entry.privacy.headline)
    return [
        f"A mean hides who fares worst: by {entry.attack}, one query, {score} is {fixed(low, 3)} "
        f"at {curve.along} {safest:g} and {fixed(high, 3)} at {curve.along} {worst:g}."
    ]


def _worst(one: RankedRow, naked: frozenset[str]) -> list[str]:
    found, together = worst_of(one).tpr, union_of(one).tpr
    if found is None or together is None or one.strongest is None:
        return []
    count, single = len(one.row.entries), one.strongest.attack is not None
    told = (
        f"At {percent(RANK_FPR)} false alarms (seed {one.row.seed}), {found_by(one)} recognise{'s' if single else ''} "
        f"{percent(found.value)} of the pairs of scans of one person "
        f"(95 % interval {percent(found.low)} to {percent(found.high)}); guessing recognises {percent(RANK_FPR)}."
    )
    more = f" All {count} attacks together, their false alarms included, recognise {percent(together.value)}."
    sentences = [told + (more if single and count > 1 else "")]
    ever, people = one.strongest.ever, len(one.strongest.shares)
    sentences.append(
        f"Recognised at least once, over all their scans and secret keys, are {ever} of {people} people; guessing gets "
        f"{one.strongest.guessed:.0f}."
    )
    sentences += _along(one.row.entries[one.strongest.alone])
    if one.standing is not None and one.standing.level & naked - {one.row.defense}:
        sentences.append(f"With these people that cannot be told apart from sending the scan as it is ({NAKED}).")
    return sentences
