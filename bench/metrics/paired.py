"""Methods compared on the same people: paired differences, and the ranks that these leave open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtr, stdtrit

from bench.seeds import generator

PerSubject = Mapping[str, Sequence[float]]
FEWEST_SUBJECTS = 6
"""Five people who all agree on the better method are no evidence at 95 %: a fair coin does that in 1 of 16 cases."""
EQUAL = 1e-12


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The ranks that a method may have among others, from best to worst; 1 is the largest mean.

    Attributes:
        best: 1 + the number of methods decidedly above.
        worst: the number of methods - the number decidedly below.
        level: the other methods that it cannot be told from.
    """

    best: int
    worst: int
    level: frozenset[str] = frozenset()


def differences(first: PerSubject, second: PerSubject) -> dict[str, tuple[float, ...]]:
    """First minus second, for the same values of the same people; what `bootstrap_crossed` takes too.

    Raises:
        ValueError: other people, or other numbers of values.
    """
    if first.keys() != second.keys():
        raise ValueError(f"paired methods need the same people, not in both: {sorted(first.keys() ^ second.keys())}")
    for subject in first:
        if len(first[subject]) != len(second[subject]):
            raise ValueError(
                f"paired methods need the same values of subject {subject!r}, "
                f"got {len(first[subject])} and {len(second[subject])}"
            )
    return {subject: tuple(a - b for a, b in zip(first[subject], second[subject], strict=True)) for subject in first}


def rank_ranges(
    methods: Mapping[str, PerSubject], *axes: str | int, draws: int = 2000, largest: float | None = None
) -> dict[str, Standing]:
    """The standing of every method by its mean over the same people, larger = better; negate what should be small.

    Two methods are told apart where zero lies outside the interval of their paired difference. The intervals of all
    pairs hold together at 95 %: among equal methods, only one leaderboard in twenty tells any two apart. With fewer
    than `FEWEST_SUBJECTS` people none are.

    Args:
        largest: that a value of one person can differ between two methods, where there is such a limit: 1 for shares.
            Where everybody is found, people do not scatter, and "15 of 15" would pass for exact; so the differences of
            two made-up people join in: one differs by nothing, one by `largest`, half each way.

    Source: Romano and Wolf, "Exact and approximate stepdown methods for multiple hypothesis testing", JASA 2005 (the
        single step: resampled largest studentised difference); Al Mohamad et al., "Simultaneous confidence intervals
        for ranks", JMVA 2022 (ranks from the decided pairs); Agresti and Min, "Simple improved confidence intervals for
        comparing matched proportions", Statistics in Medicine 2005 (the made-up people).

    Raises:
        ValueError: no method, or methods that were not measured on the same values of the same people.
    """
    if not methods:
        raise ValueError("the ranks of no methods are undefined, got 0 methods")
    reference = next(iter(methods.values()))
    for values in methods.values():
        differences(values, reference)
    names = sorted(methods)
    table = np.array([[np.mean(methods[name][subject]) for subject in reference] for name in names])
    order = sorted(range(table.shape[1]), key=lambda column: sorted(table[:, column]))
    above = decided(table[:, order], *axes, draws=draws, largest=largest)
    return {
        name: Standing(
            best=1 + int(above[:, row].sum()),
            worst=len(names) - int(above[row].sum()),
            level=frozenset(names[other] for other in np.flatnonzero(~above[row] & ~above[:, row]) if other != row),
        )
        for row, name in enumerate(names)
    }


def decided(
    table: Float[np.ndarray, "method subject"], *axes: str | int, draws: int = 2000, largest: float | None = None
) -> Bool[np.ndarray, "method method"]:
    """Whether the method of the row lies above that of the column, with at most 5 % risk of any error in the table.

    `largest` as for `rank_ranges`.

    Raises:
        ValueError: a value that is not finite, or no draws.
    """
    if draws < 1:
        raise ValueError(f"draws must be >= 1, got {draws}")
    if not np.isfinite(table).all():
        raise ValueError("ranks need finite values; leave out methods that could not be measured")
    methods, subjects = table.shape
    first, second = np.triu_indices(methods, 1)
    above = np.zeros((methods, methods), dtype=bool)
    if subjects < FEWEST_SUBJECTS or methods == 1:
        return above
    pairs = table[first] - table[second]  # pair subject
    means = pairs.mean(axis=1)
    errors = pairs.std(axis=1, ddof=1) / np.sqrt(subjects)
    errors[errors < EQUAL * np.abs(table).max()] = 0
    varying = errors > 0
    limit = 0.0
    if varying.any():
        chosen = generator(*axes, "ranks").multinomial(subjects, np.full(subjects, 1 / subjects), size=draws)
        resampled = chosen @ pairs[varying].T / subjects  # draw pair
        furthest = (np.abs(resampled - means[varying]) / errors[varying]).max(axis=1)
        normal = float(np.quantile(furthest, 0.95)) * np.sqrt(subjects / (subjects - 1))
        limit = float(-stdtrit(subjects - 1, ndtr(-normal)))  # Student's, for the errors are estimates
    if largest is not None:
        limit = max(limit, float(-stdtrit(subjects - 1, 0.025)))
        means, errors = _with_made_up_people(pairs, largest)
    apart = np.abs(means) > np.maximum(limit * errors, EQUAL * np.abs(table).max())
    above[first, second] = apart & (means > 0)
    above[second, first] = apart & (means < 0)
    return above


def _with_made_up_people(
    pairs: Float[np.ndarray, "pair subject"], largest: float
) -> tuple[Float[np.ndarray, " pair"], Float[np.ndarray, " pair"]]:
    """Means and their errors, one who does not differ, half a person at `largest` and half one at -`largest` added."""
    count = pairs.shape[1] + 2
    means = pairs.sum(axis=1) / count
    variances = (np.square(pairs).sum(axis=1) + largest**2) / count - means**2
    return means, np.sqrt(variances / count)
