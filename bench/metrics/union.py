"""The worst case over several attacks: the union of their alarms, with the false ones on the same bill.

Every attack sounds an alarm for a comparison from some false-positive rate of its own on. The union sounds one as
soon as any attack does, for impostors too; so scores on different scales join without calibration, and an attack
that knows nothing makes the union worse, not better: it adds false alarms. The best single attack therefore stands
beside the union. Both are chosen with the truth in hand, which favours the adversary: the safe side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from bench.metrics.comparisons import genuine_pairs
from bench.metrics.probes import checked_scores, probes_of
from bench.metrics.verification import DRAWS, HEADLINE_FPR, Verification, verify
from bench.types.claim import Linkage, Repeated, each


@dataclass(frozen=True, kw_only=True)
class WorstCase:
    """Several attacks together.

    Attributes:
        union: verification scores of the union of the attacks.
        attacks: verification scores of every attack alone.
        best: see `best_attack`.
        shares: for every person with two scans or more and every attack, the share of the person's genuine
            comparisons that the union recognises at its headline and that this attack raised first; attacks that
            raise one at the same rate share it. Sums over attacks to `union.subject_tprs`.
    """

    union: Verification
    attacks: Mapping[str, Verification]
    best: str
    shares: Mapping[str, Mapping[str, float]]


def worst_case(
    linkages: Mapping[str, Repeated],
    identities: Sequence[str],
    *axes: str | int,
    draws: int = DRAWS,
    draws_alone: int = DRAWS,
) -> WorstCase:
    """Verification of several attacks' linkages of the same scans, alone and together; their order does not matter.

    Args:
        linkages: of every valid attack, by name; all with the same number of repetitions.
        identities: the person of every row and column.
        axes: seed of the resampling, see `bench.seeds`.
        draws: resamples for the intervals of the union.
        draws_alone: the same for every attack alone; 1 for whoever wants their numbers without intervals.

    Raises:
        ValueError: no attack, or scores that `verify` refuses.
        BenchError: nobody has two scans, or there is one person only.
    """
    together = union(linkages, identities)
    attacks = {
        name: verify(linkages[name], identities, *axes, "attack", name, draws=draws_alone) for name in sorted(linkages)
    }
    result = verify(together, identities, *axes, "union", draws=draws)
    shares = {} if result.threshold is None else first_alarms(linkages, identities, -result.threshold)
    return WorstCase(union=result, attacks=attacks, best=best_attack(attacks), shares=shares)


def union(linkages: Mapping[str, Repeated], identities: Sequence[str]) -> tuple[Linkage, ...]:
    """Minus the smallest false-positive rate at which any of the attacks raises an alarm, in [-1, 0).

    Repetition by repetition: there, all attacks saw the same traffic. The union of one attack ranks its comparisons
    as the attack does. An attack that was let at some scans only raises no alarm for others.

    Raises:
        ValueError: no attack, or attacks with different numbers of repetitions.
    """
    if not linkages:
        raise ValueError("the union of no attacks is undefined, got 0 linkages")
    lengths = {name: len(each(found)) for name, found in linkages.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"attacks must have seen the same repetitions, got {lengths}")
    lowest = np.min([alarm_rates(found, identities) for found in linkages.values()], axis=0)
    probed = np.any([probes_of(found, len(identities)) for found in linkages.values()], axis=0)
    probes = None if probed.all() else tuple(np.flatnonzero(probed).tolist())
    return tuple(Linkage(torch.from_numpy(-rates), probes=probes) for rates in lowest)


def alarm_rates(linkages: Repeated, identities: Sequence[str]) -> Float[np.ndarray, "repetition probe candidate"]:
    """The share of the attack's impostor comparisons that score at least as high, in (0, 1]; 1 where it says nothing.

    Impostors of all repetitions count: one threshold serves them all.

    A score between two impostor scores counts half a comparison more than the impostors above it, so that it ties
    with neither of them; all shares are of half a comparison more than there are, so that none exceeds 1.
    """
    scores = np.stack([checked_scores(linkage, len(identities)) for linkage in each(linkages)])
    genuine = genuine_pairs(identities)
    silent = np.eye(len(identities), dtype=bool) | ~probes_of(linkages, len(identities))[:, None]
    scores[:, silent] = 0
    impostors = np.sort(scores[:, ~genuine & ~silent].ravel())
    if len(impostors) == 0:
        raise ValueError("false-positive rates need two people or more, got one")
    below = np.searchsorted(impostors, scores, side="left")
    untied = np.searchsorted(impostors, scores, side="right") == below
    rates: Float[np.ndarray, "repetition probe candidate"] = (len(impostors) - below + 0.5 * untied) / (
        len(impostors) + 0.5
    )
    rates[:, silent] = 1
    return rates


def first_alarms(
    linkages: Mapping[str, Repeated], identities: Sequence[str], fpr: float
) -> dict[str, dict[str, float]]:
    """Per person and attack the share of genuine comparisons that the attack raises first, at less than this rate."""
    names = sorted(linkages)
    rates = np.array([alarm_rates(linkages[name], identities) for name in names])  # attack repetition probe candidate
    probed = np.any([probes_of(linkages[name], len(identities)) for name in names], axis=0)
    lowest = rates.min(axis=0)
    first = (rates == lowest) & (lowest < fpr)
    credit = first / np.maximum(first.sum(axis=0), 1)
    genuine = genuine_pairs(identities) & probed[:, None]
    people = np.array(identities, dtype=object)
    shares = {}
    for person in sorted({name for name, pairs in zip(identities, genuine, strict=True) if pairs.any()}):
        own = genuine & (people == person)[:, None]
        shares[person] = {name: float(credit[row][:, own].mean()) for row, name in enumerate(names)}
    return shares


def best_attack(attacks: Mapping[str, Verification]) -> str:
    """The attack with the largest TPR; if equal, the largest AUC, then the one on most people, then the first name.

    TPRs are compared at the smallest FPR from that of the headline on that all of them support: fewer people support
    a larger one, at which everybody's TPR is larger.
    """
    if not attacks:
        raise ValueError("the best of no attacks is undefined, got 0 attacks")
    rocs = {name: {point.fpr: point.tpr for point in found.roc} for name, found in attacks.items() if found.roc}
    shared = set.intersection(*(set(roc) for roc in rocs.values())) if rocs else set()
    at = min((fpr for fpr in shared if fpr >= HEADLINE_FPR), default=None)

    def strength(name: str) -> tuple[float, float, int]:
        tpr = rocs[name][at] if at is not None and name in rocs else None
        auc = attacks[name].auc
        return 0.0 if tpr is None else tpr.value, auc.value, auc.n

    return max(sorted(attacks), key=strength)
