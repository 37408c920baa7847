"""Membership: one question a person: were they trained on? How many members are found at how many false alarms.

A threshold accepts everybody strictly above it, so it never splits equal scores. Members and strangers are resampled
apart: how many there are of each was the suite's choice.
Sources: TPR at a low FPR: Carlini et al., "Membership inference attacks from first principles", IEEE S&P 2022.
Advantage: Yeom et al., "Privacy risk in machine learning", CSF 2018.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from bench.metrics.comparisons import Comparisons
from bench.metrics.intervals import expanded_tails, wilson
from bench.metrics.rates import cut_at, rates
from bench.metrics.verification import FPRS, HEADLINE_FPR, OperatingPoint, supported_fprs
from bench.seeds import generator
from bench.types.estimate import Estimate

EXPECTED_ALARMS = 10
"""An FPR is supported where so many strangers are expected at or below it; every comparison is a person of its own."""
DRAWS = 2000

Falling = Float[np.ndarray, " score"]
Weights = Int[np.ndarray, "draw person"]
"""How often everybody counts in every resample, members first."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """How well scores tell members from strangers; knowing nothing gives AUC 0.5, TPR = FPR and advantage 0.

    Attributes:
        auc: probability that a member scores above a stranger, ties half.
        advantage: TPR - FPR, in [-1, 1], of who accepts as many people as there are members, the highest scores first,
            and of equal scores at the edge each in part. No truth enters the threshold, so chance is 0, which the
            largest difference over all thresholds would exceed.
        tprs: at the FPRs of `FPRS`.
        smallest_fpr: the smallest supported FPR, None with fewer strangers than `EXPECTED_ALARMS`.
        roc: supported points for a logarithmic axis, FPR falling from 1 to `smallest_fpr`.
        threshold: at FPR 1 %, or at the smallest supported one if that is larger; strictly larger scores are accepted;
            -inf accepts all; None without a supported one.
        members, strangers: how many.
    """

    auc: Estimate
    advantage: Estimate
    tprs: tuple[OperatingPoint, ...]
    smallest_fpr: float | None
    roc: tuple[OperatingPoint, ...]
    threshold: float | None
    members: int
    strangers: int


def tell_members(scores: Sequence[float], members: Sequence[bool], *axes: str | int, draws: int = DRAWS) -> Told:
    """How well these scores tell who was trained on.

    Intervals come from resampling people, with percentiles expanded for few; n counts members and strangers. Where all
    resamples agree, as at 0 % and 100 %, they are Wilson's.

    Args:
        scores: one a person, larger = more likely a member.
        axes: seed of the resampling, see `bench.seeds`.
        draws: resamples.

    Raises:
        ValueError: a score is not finite, the two do not match, or there are fewer than two members or strangers.
    """
    values, is_member = np.asarray(scores, dtype=np.float64), np.asarray(members, dtype=bool)
    if values.shape != is_member.shape or not np.isfinite(values).all():
        raise ValueError(f"got {values.size} scores for {is_member.size} people; one finite score a person is needed")
    own, others = _falling(values[is_member]), _falling(values[~is_member])
    if min(len(own), len(others)) < 2:
        raise ValueError(f"membership needs two members and two strangers, got {len(own)} and {len(others)}")
    smallest = EXPECTED_ALARMS / len(others) if len(others) >= EXPECTED_ALARMS else None
    fprs = supported_fprs(smallest)
    comparisons = _comparisons(own, others)
    weights = _resampled(len(own), len(others), draws, *axes)
    whole = np.ones((1, weights.shape[1]), dtype=np.int64)
    value, *tprs = _rates(comparisons, whole, fprs)[0]
    resamples = _rates(comparisons, weights, fprs).T
    few = min(len(own), len(others))
    points = [
        OperatingPoint(fpr=fpr, tpr=_estimate(tpr, drawn, few, len(own), len(values)))
        for fpr, tpr, drawn in zip(fprs, tprs, resamples[1:], strict=True)
    ]
    at = {point.fpr: point for point in points}
    right = [(1 + _advantages(own, others, drawn)) / 2 for drawn in (whole, weights)]
    share = _estimate(right[0][0], right[1], few, len(values), len(values))
    headline = None if smallest is None else max(HEADLINE_FPR, smallest)
    return Told(
        auc=_estimate(value, resamples[0], few, few, len(values)),
        advantage=Estimate(2 * share.value - 1, 2 * share.low - 1, 2 * share.high - 1, share.n),
        tprs=tuple(at.get(fpr, OperatingPoint(fpr=fpr, tpr=None)) for fpr in FPRS),
        smallest_fpr=smallest,
        roc=tuple(points),
        threshold=None if headline is None else cut_at(comparisons, headline).threshold,
        members=len(own),
        strangers=len(others),
    )


def _falling(scores: Falling) -> Falling:
    return np.sort(scores)[::-1]


def _comparisons(own: Float[np.ndarray, " member"], others: Float[np.ndarray, " stranger"]) -> Comparisons:
    """Every stranger against nobody in particular, who is always there: a stranger weighs as often as drawn."""
    nobody = len(own) + len(others)
    return Comparisons(
        people=tuple(map(str, range(nobody + 1))),
        probe=np.arange(len(own), nobody),
        candidate=np.full(len(others), nobody),
        scores=others,
        genuine=np.arange(len(own)),
        genuine_above=np.append(np.searchsorted(-own, -others, side="left"), len(own)),
        impostors_above=np.searchsorted(-others, -own, side="left"),
        impostors_from=np.searchsorted(-others, -own, side="right"),
    )


def _resampled(members: int, strangers: int, draws: int, *axes: str | int) -> Weights:
    """How often everybody counts in every resample: as many members and as many strangers as there are."""
    rng = generator(*axes, "bootstrap")
    parts = [rng.multinomial(count, np.full(count, 1 / count), size=draws) for count in (members, strangers)]
    return np.concatenate(parts, axis=1)


def _rates(comparisons: Comparisons, weights: Weights, fprs: Sequence[float]) -> Float[np.ndarray, "draw rate"]:
    """The AUC, then the TPR at every FPR, for every weighting."""
    with_nobody = np.concatenate([weights, np.ones((len(weights), 1), dtype=np.int64)], axis=1)
    found = (rates(comparisons, row, np.array(fprs, dtype=np.float64)) for row in with_nobody)
    return np.array([[area, *tpr] for tpr, area in found])


def _advantages(
    own: Float[np.ndarray, " member"], others: Float[np.ndarray, " stranger"], weights: Weights
) -> Float[np.ndarray, " draw"]:
    """TPR - FPR at the threshold that accepts as many as there are members, for every weighting."""
    levels, level = np.unique(-np.concatenate([own, others]), return_inverse=True)  # the highest score first
    here = np.eye(len(levels), dtype=np.int64)[level]
    members, strangers = weights[:, : len(own)] @ here[: len(own)], weights[:, len(own) :] @ here[len(own) :]
    together = members + strangers
    before = np.cumsum(together, axis=1) - together
    accepted = np.clip((len(own) - before) / np.maximum(together, 1), 0, 1)
    tpr, fpr = (accepted * members).sum(axis=1) / len(own), (accepted * strangers).sum(axis=1) / len(others)
    advantages: Float[np.ndarray, " draw"] = tpr - fpr
    return advantages


def _estimate(value: float, resamples: Float[np.ndarray, " draw"], few: int, trials: int, people: int) -> Estimate:
    """A share with the percentiles for so `few`, or Wilson's interval for `trials` where no resample differs."""
    value = float(value)
    low, high = (float(bound) for bound in np.quantile(resamples, expanded_tails(few)))
    if low == high == value:
        safe = wilson(min(max(value, 0.0), 1.0) * trials, trials)
        return Estimate(value, safe.low, safe.high, people)
    return Estimate(value, min(low, value), max(high, value), people)
