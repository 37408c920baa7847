"""Whatever recognises most people behind a defense: one attack alone, or all of them together.

The union pays for the false alarms of every attack, so each attack that finds nothing here weakens it: the more attacks
a board has, the better it would speak of a defense that one of them breaks. Nobody has to use the others. The choice is
made with the truth in hand, which favours the adversary: the safe side (docs/methods.md says how much).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.leaderboard.worst_case.joined import UnionRow
from bench.metrics.comparisons import compare, genuine_pairs
from bench.metrics.probes import probes_of
from bench.metrics.rates import cut_at
from bench.metrics.union import union
from bench.metrics.verification import FPRS, smallest_supported_fpr
from bench.types.claim import Linkage

RANK_FPR = FPRS[0]
_EQUAL = 1e-12


@dataclass(frozen=True, eq=False, kw_only=True)
class Strongest:
    """What a defense is ranked by.

    Attributes:
        attack: name of the attack; None if it is all of them together.
        alone: name of the attack that recognises most alone.
        alike: names of the others that recognise as much alone.
        shares: see `recognised`.
        guessed: people whom guessing is expected to recognise in one comparison at least, at the same rate.
    """

    attack: str | None
    alone: str
    alike: tuple[str, ...]
    shares: Mapping[str, float]
    guessed: float

    @property
    def ever(self) -> int:
        """People who are recognised in one comparison at least."""
        return sum(share > 0 for share in self.shares.values())

    @property
    def leak(self) -> float:
        """Mean over people of the shares: the TPR."""
        return _mean(self.shares)


def strongest_of(row: UnionRow) -> Strongest | None:
    """What recognises most at `RANK_FPR`; of equals one attack alone, of these one that was run again,
    then the weakest attacker's, then by AUC.

    An attack that was let at some people only takes part together with the others, and is not compared alone.
    None without a result, or where too few comparisons support any false-positive rate.
    """
    if row.result is None:
        return None
    together = recognised(union(row.linkages, row.people), row.people)
    if not together:
        return None
    each = {name: recognised(linkages, row.people) for name, linkages in sorted(row.linkages.items())}
    alone = {name: shares for name, shares in each.items() if shares.keys() == together.keys()} or each
    result = row.result
    most = max(_mean(shares) for shares in alone.values())
    equals = [name for name, shares in alone.items() if _mean(shares) >= most - _EQUAL]
    tiers = {name: row.entries[name].record.attack.threat.tier for name in equals}
    claimed = {name: not row.entries[name].verified for name in equals}
    best = min(equals, key=lambda name: (claimed[name], tiers[name], -result.attacks[name].auc.value))
    alike = tuple(name for name in equals if name != best)
    guessed = _by_guessing(row.people, len(row.linkages[best]))
    if alone[best].keys() == together.keys() and most >= _mean(together) - _EQUAL:
        return Strongest(attack=best, alone=best, alike=alike, shares=alone[best], guessed=guessed)
    return Strongest(attack=None, alone=best, alike=alike, shares=together, guessed=guessed)


def recognised(linkages: Sequence[Linkage], people: Sequence[str]) -> dict[str, float]:
    """Per person with two scans the share of genuine comparisons that are recognised at 10 % FPR.

    With few impostor comparisons it is the smallest FPR that they support; empty if they support none.
    """
    comparisons = compare(tuple(linkages), people)
    smallest = smallest_supported_fpr(comparisons.supporting)
    if smallest is None:
        return {}
    threshold = cut_at(comparisons, max(RANK_FPR, smallest)).threshold
    accepted = np.stack([linkage.scores.numpy() > threshold for linkage in linkages])
    genuine = genuine_pairs(people) & probes_of(tuple(linkages), len(people))[:, None]
    own = {person: [index for index, name in enumerate(people) if name == person] for person in set(people)}
    return {
        person: float(accepted[:, scans][:, genuine[scans]].mean())
        for person, scans in sorted(own.items())
        if genuine[scans].any()
    }


def _by_guessing(people: Sequence[str], repetitions: int) -> float:
    """Expected number of people of whom one comparison at least is among those that a guess accepts."""
    visits = [people.count(person) for person in sorted(set(people))]
    return sum(1 - (1 - RANK_FPR) ** (repetitions * count * (count - 1)) for count in visits if count > 1)


def _mean(shares: Mapping[str, float]) -> float:
    return sum(shares.values()) / len(shares)
