"""Ranks of the defenses under all attacks, seed by seed, most private first.

Compared are, person by person, the shares of genuine comparisons that are recognised at one false-positive rate by
whatever recognises most: one attack alone or all together, see `bench.leaderboard.worst_case.strongest`.
A rank is a range, from the best to the worst that the paired differences leave open: with many defenses and few people
hardly two neighbours can be told apart, and one number each would hide that. A defense against which an attack was run
in vain while it took part against another one, at whatever seed, gets no rank: it may only look more private. An
attack that took part nowhere, such as an invalid one, changes nothing. An attack with other settings is the same
attack here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.worst_case.joined import UnionRow
from bench.leaderboard.worst_case.strongest import Strongest, strongest_of
from bench.metrics.paired import Standing, rank_ranges


@dataclass(frozen=True, eq=False, kw_only=True)
class RankedRow:
    """A defense at one seed, with its place.

    Attributes:
        strongest: what recognises most; None where nothing could be judged, or no false-positive rate is supported.
        standing: the ranks that it may have among the defenses at this seed; None if it gets none.
        judged: how many people any attack was let at, and of how many.
        rivals: how many other defenses are ranked at this seed.
        open_attacks: attacks that took part against other defenses, at whatever seed, and were run in vain on this one
            at this seed.
        spared: attacks that took part against other defenses, at whatever seed, and were never run on this one at this
            seed.
    """

    row: UnionRow
    strongest: Strongest | None
    standing: Standing | None
    open_attacks: tuple[str, ...]
    spared: tuple[str, ...]
    judged: tuple[int, int] = (0, 0)
    rivals: int = 0

    @property
    def leak(self) -> float | None:
        """Mean over people of what the ranks compare."""
        return None if self.strongest is None else self.strongest.leak

    @property
    def example(self) -> Entry:
        """A cell of this defense, for what does not depend on the attack: one that was run again, if there is one.

        Else that of the attack which recognises most alone, else any.
        """
        first = self.row.example if self.strongest is None else self.row.entries[self.strongest.alone]
        return next((one for one in (first, *self.row.entries.values()) if one.verified), first)


def ranked_rows(rows: Sequence[UnionRow]) -> list[RankedRow]:
    """The rows, seed by seed: ranked ones most private first, then those without a rank or without a result."""
    met = frozenset[str]().union(*(_names(row.entries.values()) for row in rows))
    return [ranked for seed in sorted({row.seed for row in rows}) for ranked in _at_one_seed(_of(rows, seed), met)]


def defense_places(ranked: Sequence[RankedRow]) -> dict[str, tuple[bool, float, str]]:
    """For every judged defense what it sorts by: its worst seed decides, and a seed without a rank is the worst."""
    judged = {one.row.defense for one in ranked if one.leak is not None}
    places: dict[str, tuple[bool, float, str]] = {}
    for one in ranked:
        if one.row.defense in judged:
            place = one.standing is None, one.leak or 0.0, one.row.defense
            places[one.row.defense] = max(place, places.get(one.row.defense, place))
    return places


def _of(rows: Sequence[UnionRow], seed: int) -> list[UnionRow]:
    return [row for row in rows if row.seed == seed]


def _at_one_seed(rows: Sequence[UnionRow], everywhere: frozenset[str]) -> list[RankedRow]:
    """The defenses at one seed, of a group in which these attacks took part."""
    strongest = {row.defense: strongest_of(row) for row in rows}
    values = {name: {} if found is None else found.shares for name, found in strongest.items()}
    present = {row.defense: _names(row.entries.values()) for row in rows}
    in_vain = {row.defense: _names(entry for entry, _ in row.absent) - present[row.defense] for row in rows}
    open_attacks = {name: tuple(sorted(in_vain[name] & everywhere)) for name in values}
    judged = {row.defense: (len(values[row.defense]), len(_recognisable(row))) for row in rows}
    rankable = {
        name: _negated(found)
        for name, found in values.items()
        if found and not open_attacks[name] and judged[name][0] == judged[name][1]  # ranks compare the same people
    }
    standings = rank_ranges(rankable, "leaderboard", rows[0].seed, largest=1.0) if rankable else {}

    def ranked(row: UnionRow) -> RankedRow:
        name = row.defense
        return RankedRow(
            row=row,
            strongest=strongest[name],
            standing=standings.get(name),
            open_attacks=open_attacks[name],
            spared=tuple(sorted(everywhere - present[name] - in_vain[name])),
            judged=judged[name],
            rivals=len(standings) - (name in standings),
        )

    return sorted((ranked(row) for row in rows), key=_place)


def _recognisable(row: UnionRow) -> set[str]:
    """People with another scan."""
    return {person for person, count in Counter(row.people).items() if count > 1}


def _place(one: RankedRow) -> tuple[bool, bool, float, str]:
    return one.leak is None, one.standing is None, one.leak or 0.0, one.row.defense


def _names(entries: Iterable[Entry]) -> frozenset[str]:
    return frozenset(entry.record.attack.name for entry in entries)


def _negated(shares: Mapping[str, float]) -> dict[str, tuple[float, ...]]:
    return {person: (-share,) for person, share in shares.items()}
