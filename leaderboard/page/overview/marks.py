"""The marks of the picture: every cell, or every defense at its worst under attackers up to a tier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.leaderboard.entry import Entry
from bench.leaderboard.page.overview.measures import Measure, leak_of
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.rates import found_by, worst_of
from bench.leaderboard.worst_case.strongest import RANK_FPR
from bench.records.parts import Interval


@dataclass(frozen=True, eq=False)
class Mark:
    """One mark.

    Attributes:
        entry: a cell of the defense: the attack's own, or the one that says most about it.
        attack: what did it, in words.
        chance: what a guess would get.
        whole_defense: stands for a defense and not for a cell.
        unmet: attacks that have a result against another defense and none against this one, which may only look
            private.
    """

    entry: Entry
    attack: str
    leak: Interval
    chance: float | None
    whole_defense: bool
    unmet: tuple[str, ...] = ()


def every_cell(entries: Sequence[Entry], measure: Measure) -> list[Mark]:
    """A mark for every cell that has the score, attackers of all tiers."""
    found = [(entry, leak_of(entry, measure)) for entry in entries]
    return [
        Mark(entry, entry.attack, leak[0], leak[1], whole_defense=False) for entry, leak in found if leak is not None
    ]


def worst_alone(entries: Sequence[Entry], measure: Measure, tier: int) -> list[Mark]:
    """Every defense under the strongest single attack up to this tier, over all seeds.

    Attacks that were let at some people only are left out where another one was let at more: fewer people scatter more,
    and the largest of several scores would be one of theirs by luck.
    """
    met: dict[str, list[Mark]] = {}
    for mark in every_cell(entries, measure):
        if mark.entry.record.attack.threat.tier <= tier:
            met.setdefault(mark.entry.defense, []).append(mark)
    everywhere = {mark.entry.record.attack.name for marks in met.values() for mark in marks}
    found = []
    for marks in met.values():
        most_people = max(mark.leak.n for mark in marks)
        worst = max((mark for mark in marks if mark.leak.n == most_people), key=lambda mark: harm_of(mark, measure))
        unmet = tuple(sorted(everywhere - {mark.entry.record.attack.name for mark in marks}))
        found.append(replace(worst, whole_defense=True, unmet=unmet))
    return found


def worst_ranked(ranked: Sequence[RankedRow]) -> list[Mark]:
    """Every defense under what it is ranked by, at the seed that is worst for it.

    An attack counts as met if it was at any seed: at others it could only have made the worst one worse.
    """
    worst: dict[str, Mark] = {}
    unmet: dict[str, set[str]] = {}
    for one in ranked:
        leak = worst_of(one).tpr
        if leak is None or leak.value is None:
            continue
        name, open_here = one.row.defense, {*one.open_attacks, *one.spared}
        unmet[name] = unmet.get(name, open_here) & open_here
        before = worst.get(name)
        if before is None or leak.value > (before.leak.value or 0.0):
            worst[name] = Mark(one.example, found_by(one), leak, RANK_FPR, whole_defense=True)
    return [replace(mark, unmet=tuple(sorted(unmet[name]))) for name, mark in worst.items()]


def worst_marks(
    entries: Sequence[Entry], ranked: Mapping[int, Sequence[RankedRow]], measure: Measure, tier: int
) -> list[Mark]:
    """Every defense at its worst under attackers up to this tier.

    Args:
        entries: the cells of the group.
        ranked: by tier, the defenses under all attacks up to it.
        measure: how leakage is told.
        tier: of the strongest attackers.
    """
    return worst_ranked(ranked[tier]) if measure.together else worst_alone(entries, measure, tier)


def harm_of(mark: Mark, measure: Measure) -> float:
    """The leakage, turned so that larger is always worse for the patient."""
    value = mark.leak.value or 0.0
    return value if measure.higher_is_worse else -value
