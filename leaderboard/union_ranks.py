"""Ranks of the defenses under the union of all attacks, seed by seed, most private first.

Compared are, person by person, the shares of genuine comparisons that the union recognises at one false-positive rate.
A rank is a range, from the best to the worst that the paired differences leave open: with many defenses and few people
hardly two neighbours can be told apart, and one number each would hide that. A defense against which an attack was run
in vain while it took part against another one at that seed gets no rank: it may only look more private. An attack that
took part nowhere, such as an invalid one, changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.leaderboard.entry import Entry
from bench.leaderboard.union_rows import UnionRow
from bench.metrics.comparisons import compare, genuine_pairs
from bench.metrics.paired import Standing, rank_ranges
from bench.metrics.probes import probes_of
from bench.metrics.rates import cut_at
from bench.metrics.union import union
from bench.metrics.verification import FPRS, smallest_supported_fpr

RANK_FPR = FPRS[0]


@dataclass(frozen=True, eq=False, kw_only=True)
class RankedRow:
    """A defense at one seed, with its place.

    Attributes:
        leak: mean over people of what the ranks compare; None where no false-positive rate is supported.
        standing: the ranks that it may have among the defenses at this seed; None if it gets none.
        judged: how many people any attack was let at, and of how many.
        open_attacks: attacks that took part against other defenses at this seed and were run in vain on this one.
        spared: attacks that took part against other defenses at this seed and were never run on this one.
    """

    row: UnionRow
    leak: float | None
    standing: Standing | None
    open_attacks: tuple[str, ...]
    spared: tuple[str, ...]
    judged: tuple[int, int] = (0, 0)


def ranked_rows(rows: Sequence[UnionRow]) -> list[RankedRow]:
    """The rows, seed by seed: ranked ones most private first, then those without a rank or without a result."""
    return [ranked for seed in sorted({row.seed for row in rows}) for ranked in _at_one_seed(_of(rows, seed))]


def defense_places(ranked: Sequence[RankedRow]) -> dict[str, tuple[bool, float, str]]:
    """For every judged defense what it sorts by: its worst seed decides, and a seed without a rank is the worst."""
    judged = {one.row.defense for one in ranked if one.leak is not None}
    places: dict[str, tuple[bool, float, str]] = {}
    for one in ranked:
        if one.row.defense in judged:
            place = one.standing is None, one.leak or 0.0, one.row.defense
            places[one.row.defense] = max(place, places.get(one.row.defense, place))
    return places


def per_person(row: UnionRow) -> dict[str, tuple[float, ...]]:
    """Per person with two scans the share of genuine comparisons that the union recognises at 10 % FPR.

    With few impostor comparisons it is the smallest FPR that they support; empty if they support none.
    """
    together = union(row.linkages, row.people)
    comparisons = compare(together, row.people)
    smallest = smallest_supported_fpr(comparisons.supporting)
    if smallest is None:
        return {}
    threshold = cut_at(comparisons, max(RANK_FPR, smallest)).threshold
    accepted = np.stack([linkage.scores.numpy() > threshold for linkage in together])
    genuine = genuine_pairs(row.people) & probes_of(together, len(row.people))[:, None]
    own = {person: [index for index, name in enumerate(row.people) if name == person] for person in set(row.people)}
    return {
        person: (float(accepted[:, scans][:, genuine[scans]].mean()),)
        for person, scans in sorted(own.items())
        if genuine[scans].any()
    }


def _of(rows: Sequence[UnionRow], seed: int) -> list[UnionRow]:
    return [row for row in rows if row.seed == seed]


def _at_one_seed(rows: Sequence[UnionRow]) -> list[RankedRow]:
    values = {row.defense: per_person(row) if row.result is not None else {} for row in rows}
    present = {row.defense: _names(row.entries.values()) for row in rows}
    everywhere = frozenset[str]().union(*present.values())
    in_vain = {row.defense: _names(entry for entry, _ in row.absent) - present[row.defense] for row in rows}
    open_attacks = {name: tuple(sorted(in_vain[name] & everywhere)) for name in values}
    judged = {row.defense: (len(values[row.defense]), len(_recognisable(row))) for row in rows}
    rankable = {
        name: _negated(found)
        for name, found in values.items()
        if found and not open_attacks[name] and judged[name][0] == judged[name][1]  # ranks compare the same people
    }
    standings = rank_ranges(rankable, "leaderboard", rows[0].seed) if rankable else {}

    def ranked(row: UnionRow) -> RankedRow:
        name = row.defense
        found = [value for (value,) in values[name].values()]
        return RankedRow(
            row=row,
            leak=sum(found) / len(found) if found else None,
            standing=standings.get(name),
            open_attacks=open_attacks[name],
            spared=tuple(sorted(everywhere - present[name] - in_vain[name])),
            judged=judged[name],
        )

    return sorted((ranked(row) for row in rows), key=_place)


def _recognisable(row: UnionRow) -> set[str]:
    """People with another scan."""
    return {person for person, count in Counter(row.people).items() if count > 1}


def _place(one: RankedRow) -> tuple[bool, bool, float, str]:
    return one.leak is None, one.standing is None, one.leak or 0.0, one.row.defense


def _names(entries: Iterable[Entry]) -> frozenset[str]:
    return frozenset(entry.attack for entry in entries)


def _negated(values: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    return {person: tuple(-value for value in found) for person, found in values.items()}
