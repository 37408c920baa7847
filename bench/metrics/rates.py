"""Rates of correct and of false alarms at a threshold, for any weighting of the people.

A threshold accepts all comparisons strictly above it, so it never splits equal scores.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from bench.metrics.comparisons import Comparisons


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A threshold, and how many of the sorted impostor and genuine comparisons score strictly above it."""

    threshold: float
    impostors: int
    genuine: int


def cut_at(comparisons: Comparisons, fpr: float) -> Cut:
    """The lowest threshold whose share of accepted impostor comparisons does not exceed the FPR."""
    impostors = len(comparisons.scores)
    rejected = int(first_rejected(np.arange(impostors + 1), np.array([fpr]))[0])
    genuine = int(comparisons.genuine_above[rejected])
    if rejected == impostors:
        return Cut(threshold=-math.inf, impostors=impostors, genuine=genuine)
    threshold = float(comparisons.scores[rejected])
    accepted = int(np.count_nonzero(comparisons.scores > threshold))
    return Cut(threshold=threshold, impostors=accepted, genuine=genuine)


def rates(
    comparisons: Comparisons, weights: Int[np.ndarray, " person"], fprs: Float[np.ndarray, " fpr"]
) -> tuple[Float[np.ndarray, " fpr"], float]:
    """TPR at every FPR and the AUC, where every person counts as often as their weight says.

    An impostor comparison counts with the product of both weights: a person drawn twice is no impostor of
    themselves. The TPR is the best without exceeding the FPR and without splitting equal scores. The AUC counts
    equal scores half, as Mann and Whitney's statistic does.
    """
    impostors = _running_total(weights[comparisons.probe] * weights[comparisons.candidate])
    genuine = _running_total(weights[comparisons.genuine])
    rejected = first_rejected(impostors, fprs)
    tpr = genuine[comparisons.genuine_above[rejected]] / genuine[-1]
    above = impostors[comparisons.impostors_above] + impostors[comparisons.impostors_from]
    auc = 1 - float(weights[comparisons.genuine] @ above) / (2.0 * float(genuine[-1]) * float(impostors[-1]))
    return tpr, auc


def first_rejected(
    running_total: Int[np.ndarray, " impostor_and_end"], fprs: Float[np.ndarray, " fpr"]
) -> Int[np.ndarray, " fpr"]:
    """The first impostor comparison that no threshold may accept at this FPR; their number where all may pass.

    Everything strictly above its score is accepted, so all comparisons of one score pass or fail together.
    """
    allowed = running_total[-1] * fprs * (1 + 1e-12)  # 0.1 * 30 must allow 3
    rejected: Int[np.ndarray, " fpr"] = np.searchsorted(running_total[1:], allowed, side="right")
    return rejected


def _running_total(weights: Int[np.ndarray, " comparison"]) -> Int[np.ndarray, " comparison_and_end"]:
    total = np.zeros(len(weights) + 1, dtype=np.int64)
    np.cumsum(weights, out=total[1:])
    return total
