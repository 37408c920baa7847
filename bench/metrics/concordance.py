"""Traits: of two people, is the older one predicted to be older?

For a trait of two values, as sex, this is the area under the ROC curve.
Sources: Harrell et al., "Evaluating the yield of medical tests", JAMA 1982 (concordance). People as units of
resampling with the product of their multiplicities for a pair: Snijders and Borgatti, Connections 1999, as in
`bench.metrics.verification`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from bench.metrics.intervals import expanded_tails, wilson
from bench.seeds import generator
from bench.types.estimate import Estimate

DRAWS = 2000
Pairs = Float[np.ndarray, "person person"]


@dataclass(frozen=True, kw_only=True)
class Concordance:
    """How well predictions order people; knowing nothing gives .5.

    Attributes:
        value: share of pairs of scans of two people with different traits that the predictions put in the right order,
            ties half; the mean over all sets of keys.
        by_key: the same under every set of keys.
    """

    value: Estimate
    by_key: tuple[float, ...]


def concordance(
    predicted: Sequence[Sequence[float]],
    truth: Sequence[float],
    people: Sequence[str],
    *axes: str | int,
    draws: int = DRAWS,
) -> Concordance:
    """How well predictions order people by a trait.

    Intervals come from resampling people with their scans under all sets of keys, with percentiles expanded for few:
    for as many people as there are, or of a trait of two values for those who have the rarer one. Where all resamples
    agree, as at 0 % and 100 %, they are Wilson's. Resamples in which nobody differs say nothing and are left out.

    Args:
        predicted: one number a scan, for every set of keys.
        truth: the trait of every scan.
        people: whose scan it is.
        axes: seed of the resampling, see `bench.seeds`.
        draws: resamples.

    Raises:
        ValueError: there is no prediction, the lengths do not match, a number is not finite, or no two people differ.
    """
    guesses, trait = np.asarray(predicted, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if guesses.ndim != 2 or guesses.shape[0] < 1 or guesses.shape[1:] != trait.shape or len(people) != len(trait):
        raise ValueError(f"got predictions of the shape {guesses.shape} for {len(trait)} traits, {len(people)} scans")
    if not np.isfinite(guesses).all() or not np.isfinite(trait).all():
        raise ValueError("predictions and traits must be finite")
    names = sorted(set(people))
    right, counted = _right_of(guesses, trait, people)
    if counted.sum() == 0:
        raise ValueError("no two people differ in this trait, so there is nothing to tell apart")
    together = np.mean(right, axis=0)
    weights = generator(*axes, "bootstrap").multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    pairs = _summed(counted, weights)
    resamples = _summed(together, weights)[pairs > 0] / pairs[pairs > 0]
    few = _few(trait, people)
    return Concordance(
        value=_estimate(float(together.sum() / counted.sum()), resamples, few, len(names)),
        by_key=tuple(float(one.sum() / counted.sum()) for one in right),
    )


def in_order(guesses: Float[np.ndarray, "key scan"], trait: Float[np.ndarray, " scan"], people: Sequence[str]) -> float:
    """The value of `concordance` alone, without an interval; two people must differ in the trait."""
    right, counted = _right_of(guesses, trait, people)
    return float(np.mean(right, axis=0).sum() / counted.sum())


def _right_of(
    guesses: Float[np.ndarray, "key scan"], trait: Float[np.ndarray, " scan"], people: Sequence[str]
) -> tuple[list[Pairs], Pairs]:
    """For every two people the pairs of scans in the right order, under every set of keys, and all that are asked."""
    names = sorted(set(people))
    owns = np.array([[person == name for person in people] for name in names], dtype=np.float64)  # person scan
    asked = trait[:, None] > trait[None, :]  # scan scan: the row has more of it
    right = [_of_two(owns, asked * ((np.sign(one[:, None] - one[None, :]) + 1) / 2)) for one in guesses]
    return right, _of_two(owns, asked)


def _of_two(owns: Float[np.ndarray, "person scan"], pairs: np.ndarray) -> Pairs:
    """Sums over pairs of scans of every two people; nobody is compared with themselves."""
    found: Pairs = owns @ pairs.astype(np.float64) @ owns.T
    np.fill_diagonal(found, 0)
    return found


def _summed(pairs: Pairs, weights: np.ndarray) -> Float[np.ndarray, " draw"]:
    """Sums over all pairs of people for every weighting of them."""
    found: Float[np.ndarray, " draw"] = ((weights @ pairs) * weights).sum(axis=1)
    return found


def _few(trait: Float[np.ndarray, " scan"], people: Sequence[str]) -> int:
    """People behind the interval: all, or those with the rarer of two values."""
    having: dict[float, set[str]] = {}
    for person, value in zip(people, trait.tolist(), strict=True):
        having.setdefault(value, set()).add(person)
    return min(map(len, having.values())) if len(having) == 2 else len(set(people))


def _estimate(value: float, resamples: Float[np.ndarray, " draw"], few: int, people: int) -> Estimate:
    if few < 2 or len(resamples) == 0:
        return Estimate(value, float("nan"), float("nan"), people)
    low, high = (float(bound) for bound in np.quantile(resamples, expanded_tails(few)))
    if low == high == value:
        safe = wilson(value * few, few)
        return Estimate(value, safe.low, safe.high, people)
    return Estimate(value, min(low, value), max(high, value), people)
