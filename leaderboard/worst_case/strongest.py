"""Whatever recognises most people behind a defense: one attack alone, or all of them together.

The union pays for the false alarms of every attack, so each attack that finds nothing here weakens it: the more attacks
a board has, the better it would speak of a defense that one of them breaks. Nobody has to use the others. The choice is
made with the truth in hand, which favours the adversary: the safe side (docs/methods.md says how much).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

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
    joined = union(row.linkages, row.people)
    together = recognised(joined, row.people)
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
    single = alone[best].keys() == together.keys() and most >= _mean(together) - _EQUAL
    return Strongest(
        attack=best if single else None,
        alone=best,
        alike=alike,
        shares=alone[best] if single else together,
        guessed=by_guessing(row.linkages[best] if single else joined, row.people),
    )


def recognised(linkages: Sequence[Linkage], people: Sequence[str]) -> dict[str, float]:
    """Per person with two scans the share of genuine comparisons that are recognised at 10 % FPR.

    With few impostor comparisons it is the smallest FPR that they support; empty if they support none.
    """
    comparisons = compare(tuple(linkages), people)
    rate = _rate(comparisons.supporting)
    if rate is None:
        return {}
    threshold = cut_at(comparisons, rate).threshold
    accepted = np.stack([linkage.scores.numpy() > threshold for linkage in linkages])
    genuine = genuine_pairs(people) & probes_of(tuple(linkages), len(people))[:, None]
    return {
        person: float(accepted[:, scans][:, genuine[scans]].mean())
        for person, scans in _scans_of(people).items()
        if genuine[scans].any()
    }


def by_guessing(linkages: Sequence[Linkage], people: Sequence[str]) -> float:
    """Expected number of people of whom one comparison at least is among those that a guess accepts.

    A guess that calls (a, b) and (b, a) equally alike, as most attacks do, guesses once where others guess twice.
    """
    rate = _rate(compare(tuple(linkages), people).supporting)
    if rate is None:
        return 0.0
    asked = genuine_pairs(people) & probes_of(tuple(linkages), len(people))[:, None]
    either = np.triu(asked | asked.T)
    guesses = sum(either if _is_symmetric(linkage.scores) else asked for linkage in linkages)
    return sum(1 - (1 - rate) ** int(guesses[scans].sum()) for scans in _scans_of(people).values())


def _is_symmetric(scores: Float[Tensor, "scan scan"]) -> bool:
    """But for rounding; the diagonal means nothing."""
    beside = ~torch.eye(len(scores), dtype=torch.bool)
    return bool((scores - scores.T)[beside].abs().max() <= 1e-4 * scores[beside].std())


def _scans_of(people: Sequence[str]) -> dict[str, list[int]]:
    return {person: [index for index, name in enumerate(people) if name == person] for person in sorted(set(people))}


def _rate(supporting: int) -> float | None:
    """The FPR of the ranks; with few impostor comparisons the smallest that they support, None if they support none."""
    smallest = smallest_supported_fpr(supporting)
    return None if smallest is None else max(RANK_FPR, smallest)


def _mean(shares: Mapping[str, float]) -> float:
    return sum(shares.values()) / len(shares)
