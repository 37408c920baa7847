"""95 % intervals over people, never over scans or patches."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, stdtrit

from bench.seeds import generator
from bench.types.estimate import Estimate

Z95 = 1.959963984540054
"""97.5 % quantile of the standard normal."""

Statistic = Callable[
    [Float[np.ndarray, "draw subject"], Float[np.ndarray, "draw subject"]],
    Float[np.ndarray, " draw"],
]
"""A statistic of many resamples at once, from every subject's sum of values and number of values."""

Tails = Callable[[int], tuple[float, float]]
"""Which quantiles of the resamples bound the interval, for this many subjects."""


def percentile_tails(subjects: int) -> tuple[float, float]:
    """2.5 % and 97.5 %, however few the subjects: a little too short for few, see `expanded_tails`."""
    return 0.025, 0.975


def expanded_tails(subjects: int) -> tuple[float, float]:
    """Quantiles further out for fewer subjects, so that 95 % intervals cover the truth in about 95 % of cohorts.

    Resampled means spread by sqrt((n - 1) / n) too little and their percentiles know no Student's t; this corrects
    for both and still stays within the range of the values: 1.3 % and 98.7 % for 15 subjects, 1.8 % for 30.
    Source: Hesterberg, "What teachers should know about the bootstrap", The American Statistician 2015 (there the
        expanded percentile interval).
    """
    tail = float(ndtr(-critical_value(subjects)))
    return tail, 1 - tail


def critical_value(subjects: int) -> float:
    """How many standard deviations of resampled means a 95 % interval reaches to each side; 1.96 for many subjects.

    Raises:
        ValueError: fewer than two subjects.
    """
    if subjects < 2:
        raise ValueError(f"an interval needs >= 2 subjects, got {subjects}")
    return math.sqrt(subjects / (subjects - 1)) * float(stdtrit(subjects - 1, 0.975))


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
    tails: Tails = percentile_tails,
) -> Estimate:
    """The statistic with a percentile bootstrap interval over subjects; NaN bounds for one subject.

    A subject is drawn with all its scans, as scans of one person are no independent evidence. Percentiles, not BCa:
    they stay within the range of the values, and with few people BCa's corrections are themselves badly estimated
    and undefined where all draws agree. The price is an interval that is slightly short for few people, which
    `expanded_tails` makes up for. Where all subjects agree it has no width at all; for proportions use `wilson`.

    The order and the names of the subjects do not matter.

    Args:
        values_by_subject: one value per scan, key or repetition.
        axes: seed of the resampling, see `bench.seeds`.
        statistic: `mean_of_subjects` or `mean_of_scans`.
        draws: resamples.
        tails: `percentile_tails` or `expanded_tails`.

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
    low, high = np.quantile(statistic(sums[chosen], counts[chosen]), tails(subjects))
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
