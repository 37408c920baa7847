"""Verification: two scans, one question: the same person? How many are recognised at how many false alarms.

Every ordered pair of different scans is a comparison. A threshold accepts all comparisons strictly above it, so it
never splits equal scores: with constant scores nobody is recognised at any FPR below 1.
Sources: TPR at a low FPR as what a privacy attack is judged by: Carlini et al., "Membership inference attacks from
first principles", IEEE S&P 2022. People as units of resampling, here with the product of their multiplicities for a
pair: Snijders and Borgatti, "Non-parametric standard errors and tests for network statistics", Connections 1999.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from bench.metrics.comparisons import Comparisons, compare
from bench.metrics.intervals import expanded_tails, wilson
from bench.metrics.rates import cut_at, rates
from bench.seeds import generator
from bench.types.claim import Repeated
from bench.types.estimate import Estimate

FPRS = (0.1, 0.01, 0.001)
HEADLINE_FPR = 0.01
EXPECTED_ALARMS = 20
"""An FPR is supported where at least this many impostor comparisons are expected at or below it: ten pairs of scans,
for a pair is compared in both directions and a symmetric score says the same thing twice."""
POINTS_PER_DECADE = 20
DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """The share of genuine comparisons accepted at an FPR, or None where too few impostors support that FPR."""

    fpr: float
    tpr: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Verification:
    """How well scores tell the same person from others; knowing nothing gives AUC 0.5 and TPR = FPR.

    Attributes:
        auc: probability that a genuine comparison scores above an impostor one, ties half.
        tprs: at the FPRs of `FPRS`.
        smallest_fpr: the smallest supported FPR, None with fewer impostor comparisons than `EXPECTED_ALARMS`.
        roc: supported points for a logarithmic axis, FPR falling from 1 to `smallest_fpr`.
        headline: at FPR 1 %, or at the smallest supported one if that is larger.
        threshold: of the headline; strictly larger scores are accepted; -inf accepts all.
        subject_fprs: per person the share of impostor comparisons with their scans as probes that are accepted at
            the headline.
        subject_tprs: per person with two scans or more the share of genuine comparisons accepted at the headline.
        genuine: number of genuine comparisons, over all repetitions.
        impostors: number of impostor comparisons, over all repetitions.
    """

    auc: Estimate
    tprs: tuple[OperatingPoint, ...]
    smallest_fpr: float | None
    roc: tuple[OperatingPoint, ...]
    headline: OperatingPoint | None
    threshold: float | None
    subject_fprs: Mapping[str, float]
    subject_tprs: Mapping[str, float]
    genuine: int
    impostors: int


def verify(linkages: Repeated, identities: Sequence[str], *axes: str | int, draws: int = DRAWS) -> Verification:
    """The verification scores of a linkage between scans of these people.

    Repetitions share one threshold, and a person is resampled with the comparisons of all of them: every scan has its
    own key in every repetition, so keys are part of what differs between people.

    Intervals come from resampling people, with percentiles expanded for few people; n is the number of people with
    two scans or more. Where all resamples agree, as at 0 % and 100 %, they are Wilson's for that many people; NaN
    with one such person.

    Args:
        linkages: scores, larger = more alike; one linkage for every repetition.
        identities: the person of every row and column.
        axes: seed of the resampling, see `bench.seeds`.
        draws: resamples.

    Raises:
        ValueError: the matrix is not square, does not fit `identities`, or holds scores that are not finite.
        BenchError: nobody has two scans, or there is one person only.
    """
    comparisons = compare(linkages, identities)
    smallest = smallest_supported_fpr(comparisons.supporting)
    headline = None if smallest is None else max(HEADLINE_FPR, smallest)
    fprs = supported_fprs(smallest)
    auc, tprs = estimates(comparisons, np.array(fprs), *axes, draws=draws)
    roc = tuple(OperatingPoint(fpr=fpr, tpr=tpr) for fpr, tpr in zip(fprs, tprs, strict=True))
    at = {point.fpr: point for point in roc}

    cut = None if headline is None else cut_at(comparisons, headline)
    return Verification(
        auc=auc,
        tprs=tuple(at.get(fpr, OperatingPoint(fpr=fpr, tpr=None)) for fpr in FPRS),
        smallest_fpr=smallest,
        roc=roc,
        headline=None if headline is None else at[headline],
        threshold=None if cut is None else cut.threshold,
        subject_fprs={} if cut is None else _shares(comparisons.people, comparisons.probe, cut.impostors),
        subject_tprs={} if cut is None else _shares(comparisons.people, comparisons.genuine, cut.genuine),
        genuine=len(comparisons.genuine),
        impostors=len(comparisons.probe),
    )


def smallest_supported_fpr(impostors: int) -> float | None:
    """The FPR at which `EXPECTED_ALARMS` of these comparisons are expected, in (0, 1]; None where there are fewer."""
    return EXPECTED_ALARMS / impostors if impostors >= EXPECTED_ALARMS else None


def estimates(
    comparisons: Comparisons, fprs: Float[np.ndarray, " fpr"], *axes: str | int, draws: int = DRAWS
) -> tuple[Estimate, list[Estimate]]:
    """The AUC, and the TPR at every FPR, with intervals from resampling people.

    Resamples without a genuine or without an impostor comparison say nothing and are left out.
    """
    if draws < 1:
        raise ValueError(f"draws must be >= 1, got {draws}")
    people = len(comparisons.people)
    recognisable = np.unique(comparisons.genuine)
    tprs, auc = rates(comparisons, np.ones(people, dtype=np.int64), fprs)
    chosen = generator(*axes, "bootstrap").integers(people, size=(draws, people))
    resamples = []
    for weights in (np.bincount(row, minlength=people) for row in chosen):
        if weights[recognisable].any() and np.count_nonzero(weights) > 1:
            drawn, area = rates(comparisons, weights, fprs)
            resamples.append([area, *drawn])
    columns = np.array(resamples).reshape(-1, 1 + len(fprs)).T
    found = [
        _estimate(float(value), column, len(recognisable)) for value, column in zip([auc, *tprs], columns, strict=True)
    ]
    return found[0], found[1:]


def supported_fprs(smallest: float | None) -> list[float]:
    """From 1 down to the smallest supported FPR, evenly spaced on a logarithmic axis, with those of `FPRS`."""
    if smallest is None:
        return []
    steps = math.floor(-POINTS_PER_DECADE * math.log10(smallest))
    spaced = {10 ** (-step / POINTS_PER_DECADE) for step in range(steps + 1)}
    return sorted({*spaced, *(fpr for fpr in FPRS if fpr >= smallest), smallest}, reverse=True)


def _estimate(value: float, resamples: Float[np.ndarray, " draw"], people: int) -> Estimate:
    if people == 1 or len(resamples) == 0:
        return Estimate(value, math.nan, math.nan, people)
    low, high = (float(bound) for bound in np.quantile(resamples, expanded_tails(people)))
    if low == high == value:
        safe = wilson(value * people, people)
        return Estimate(value, safe.low, safe.high, people)
    return Estimate(value, min(low, value), max(high, value), people)


def _shares(people: Sequence[str], of: Int[np.ndarray, " comparison"], accepted: int) -> dict[str, float]:
    """For each of these people with comparisons the share of theirs that are among the first `accepted`."""
    total = np.bincount(of, minlength=len(people))
    passed = np.bincount(of[:accepted], minlength=len(people))
    shares = {person: float(passed[row] / total[row]) for row, person in enumerate(people) if total[row]}
    return dict(sorted(shares.items()))
