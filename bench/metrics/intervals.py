"""95 % intervals over people, never over scans or patches."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from bench.seeds import generator
from bench.types.estimate import Estimate

Z95 = 1.959963984540054
"""97.5 % quantile of the standard normal."""

Statistic = Callable[
    [Float[np.ndarray, "draw subject"], Float[np.ndarray, "draw subject"]],
    Float[np.ndarray, " draw"],
]
"""A statistic of many resamples at once, from every subject's sum of values and number of values."""


def mean_of_subjects(
    sums: Float[np.ndarray, "draw subject"], counts: Float[np.ndarray, "draw subject"]
) -> Float[np.ndarray, " draw"]:
    """Mean of the subjects' means: every person weighs the same."""
    means: Float[np.ndarray, " draw"] = (sums / counts).mean(axis=1)
    return means


def mean_of_scans(
    sums: Float[np.ndarray, "draw subject"], counts: Float[np.ndarray, "draw subject"]
) -> Float[np.ndarray, " draw"]:
    """Mean of all values: every scan weighs the same; people are still what is resampled."""
    means: Float[np.ndarray, " draw"] = sums.sum(axis=1) / counts.sum(axis=1)
    return means


def bootstrap_subjects(
    values_by_subject: Mapping[str, Sequence[float]],
    *axes: str | int,
    statistic: Statistic = mean_of_subjects,
    draws: int = 2000,
) -> Estimate:
    """The statistic with a percentile bootstrap interval over subjects; NaN bounds for one subject.

    A subject is drawn with all its scans, as scans of one person are no independent evidence. Percentiles, not BCa:
    they stay within the range of the values, and with few people BCa's corrections are themselves badly estimated
    and undefined where all draws agree. The price is an interval that is slightly short for few people. Where all
    subjects agree it has no width at all; for proportions use `wilson`.

    The order and the names of the subjects do not matter.

    Args:
        values_by_subject: one value per scan, key or repetition.
        axes: seed of the resampling, see `bench.seeds`.
        statistic: `mean_of_subjects` or `mean_of_scans`.
        draws: resamples.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13; clusters as units: Davison and
        Hinkley, "Bootstrap Methods and their Application", 1997, sec. 3.8.

    Raises:
        ValueError: no subject, a subject without values, a value that is not finite, or no draws.
    """
    if draws < 1:
        raise ValueError(f"draws must be >= 1, got {draws}")
    sums, counts = _totals(values_by_subject)
    order = np.lexsort((counts, sums, sums / counts))
    sums, counts = sums[order], counts[order]
    subjects = len(sums)
    value = float(statistic(sums[None], counts[None])[0])
    if subjects == 1:
        return Estimate(value, math.nan, math.nan, 1)
    chosen = generator(*axes, "bootstrap").integers(subjects, size=(draws, subjects))
    low, high = np.quantile(statistic(sums[chosen], counts[chosen]), (0.025, 0.975))
    return Estimate(value, float(low), float(high), subjects)


def wilson(successes: float | int, trials: int) -> Estimate:
    """A proportion with Wilson's score interval, which has a sensible width at 0 % and 100 % too.

    `successes` may be fractional: the sum over `trials` subjects of each one's share of successes. A mean of values
    in [0, 1] varies at most as much as a proportion, so the interval is then on the safe side.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.

    Raises:
        ValueError: no trials, or successes outside [0, trials].
    """
    if trials < 1:
        raise ValueError(f"trials must be >= 1, got {trials}")
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must be in [0, {trials}], got {successes}")
    share = successes / trials
    weight = Z95**2 / trials
    centre = (share + weight / 2) / (1 + weight)
    half = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    # min and max undo rounding only: in exact arithmetic 0 <= low <= share <= high <= 1.
    low, high = max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))
    return Estimate(share, low, high, trials)


def _totals(
    values_by_subject: Mapping[str, Sequence[float]],
) -> tuple[Float[np.ndarray, " subject"], Float[np.ndarray, " subject"]]:
    if not values_by_subject:
        raise ValueError("no subjects to estimate from")
    for subject, values in values_by_subject.items():
        if len(values) == 0:
            raise ValueError(f"subject {subject!r} has no values")
        for value in values:
            if not math.isfinite(value):
                raise ValueError(f"subject {subject!r} has the value {value}; leave out what could not be measured")
    sums = np.array([math.fsum(values) for values in values_by_subject.values()], dtype=np.float64)
    counts = np.array([len(values) for values in values_by_subject.values()], dtype=np.float64)
    return sums, counts
