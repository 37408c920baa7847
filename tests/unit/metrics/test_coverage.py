"""The reason for resampling people: how often a 95 % interval covers the truth over 1000 simulated cohorts.

A share of 1000 cohorts is itself uncertain by 1.4 points (two standard errors), so a true 95 % gives 93 to 97 %.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from bench.metrics.comparisons import Comparisons, compare
from bench.metrics.crossed import bootstrap_crossed
from bench.metrics.intervals import Z95, bootstrap_subjects, expanded_tails
from bench.metrics.paired import decided
from bench.metrics.rates import rates
from bench.metrics.residual import residual_risk
from bench.metrics.verification import estimates
from bench.types.claim import Linkage
from bench.types.estimate import Estimate

COHORTS = 1000
VISITS = 3
FPRS = np.array([0.1])


def coverage(intervals: Sequence[Estimate], truth: float) -> float:
    return float(np.mean([estimate.low <= truth <= estimate.high for estimate in intervals]))


def cohort(rng: np.random.Generator, people: int) -> dict[str, list[float]]:
    """Skewed success per person, Beta(8, 2), three scans that differ little; the truth is 0.8."""
    own = rng.beta(8, 2, size=people)
    return {str(k): row.tolist() for k, row in enumerate(own[:, None] + rng.uniform(-0.05, 0.05, (people, VISITS)))}


def scans_as_people(values: dict[str, list[float]]) -> dict[str, list[float]]:
    return {f"{name}, scan {k}": [value] for name, scans in values.items() for k, value in enumerate(scans)}


def simulated(people: int, interval: Callable[[dict[str, list[float]], int], Estimate]) -> float:
    rng = np.random.default_rng(people)
    return coverage([interval(cohort(rng, people), seed) for seed in range(COHORTS)], 0.8)


@pytest.mark.parametrize("people", [15, 20, 30])
def test_resampled_people_cover_the_truth(people: int) -> None:
    def interval(values: dict[str, list[float]], seed: int) -> Estimate:
        return bootstrap_subjects(values, seed, draws=600, tails=expanded_tails)

    assert 0.93 <= simulated(people, interval) <= 0.97


@pytest.mark.parametrize("people", [15, 30])
def test_resampled_scans_do_not_cover_the_truth(people: int) -> None:
    def interval(values: dict[str, list[float]], seed: int) -> Estimate:
        return bootstrap_subjects(scans_as_people(values), seed, draws=600)

    assert simulated(people, interval) < 0.8


def test_plain_percentiles_are_too_short_for_few_people() -> None:
    assert simulated(10, lambda values, seed: bootstrap_subjects(values, seed, draws=600)) < 0.92


def faces(rng: np.random.Generator, people: int) -> Comparisons:
    """Two scans a person: a point of its own in four dimensions, and noise of half its spread; closer = more alike."""
    points = np.repeat(rng.normal(size=(people, 4)), 2, axis=0) + 0.5 * rng.normal(size=(2 * people, 4))
    norms = (points**2).sum(axis=1)
    scores = torch.from_numpy(2 * points @ points.T - norms[:, None] - norms)
    return compare(Linkage(scores), [str(scan // 2) for scan in range(2 * people)])


def by_comparison(comparisons: Comparisons) -> Estimate:
    """The AUC with the interval that takes every comparison for independent evidence (DeLong et al., 1988)."""
    value = rates(comparisons, np.ones(len(comparisons.people), dtype=np.int64), FPRS)[1]
    genuine, impostors = len(comparisons.genuine), len(comparisons.probe)
    above = comparisons.impostors_above / impostors
    below = comparisons.genuine_above[:-1] / genuine
    error = float(np.sqrt(above.var(ddof=1) / genuine + below.var(ddof=1) / impostors))
    return Estimate(value, value - Z95 * error, value + Z95 * error, impostors)


@pytest.mark.slow
def test_verification_covers_the_truth_where_independent_comparisons_do_not() -> None:
    large = [faces(np.random.default_rng([1, k]), 250) for k in range(24)]
    ones = np.ones(250, dtype=np.int64)
    tprs, aucs = zip(*[rates(comparisons, ones, FPRS) for comparisons in large], strict=True)
    rng = np.random.default_rng(0)
    ours, points, naive = [], [], []
    for seed in range(COHORTS):
        comparisons = faces(rng, 30)
        auc, (tpr,) = estimates(comparisons, FPRS, seed, draws=300)
        ours.append(auc)
        points.append(tpr)
        naive.append(by_comparison(comparisons))
    auc_truth, tpr_truth = float(np.mean(aucs)), float(np.mean(tprs))
    assert 0.93 <= coverage(ours, auc_truth) <= 0.97
    assert 0.95 <= coverage(points, tpr_truth) <= 0.99  # the threshold's own error is counted generously
    assert coverage(naive, auc_truth) < 0.9


@pytest.mark.parametrize("levels", [3, 5])
def test_people_crossed_with_seeds_cover_the_truth_where_people_alone_do_not(levels: int) -> None:
    rng = np.random.default_rng(levels)
    crossed, people_only = [], []
    for seed in range(COHORTS):
        table = rng.normal(size=(20, 1)) + 0.5 * rng.normal(size=levels) + 0.5 * rng.normal(size=(20, levels))
        values = {str(k): row for k, row in enumerate(table.tolist())}
        crossed.append(bootstrap_crossed(values, seed, draws=300))
        people_only.append(bootstrap_subjects(values, seed, draws=300, tails=expanded_tails))
    assert 0.93 <= coverage(crossed, 0) <= 0.975
    assert coverage(people_only, 0) < 0.9


def test_residual_risk_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    found = []
    for seed in range(COHORTS):
        attack, control = rng.binomial(3, 0.6, size=20) / 3, rng.binomial(3, 0.2, size=20) / 3
        risks = [{str(k): value for k, value in enumerate(values.tolist())} for values in (attack, control)]
        found.append(residual_risk(*risks, seed, draws=600))
    assert 0.93 <= coverage(found, (0.6 - 0.2) / 0.8) <= 0.97


def test_equal_methods_are_rarely_told_apart() -> None:
    rng = np.random.default_rng(0)
    errors = [decided(rng.normal(size=12) + rng.exponential(size=(5, 12)), k, draws=400).any() for k in range(COHORTS)]
    assert np.mean(errors) < 0.07


def test_equal_shares_are_rarely_told_apart_though_some_defenses_hide_all_of_a_person_or_nothing() -> None:
    rng = np.random.default_rng(0)
    tables = [
        np.concatenate([rng.binomial(3, 0.8, size=(5, 15)) / 3, rng.binomial(1, 0.8, size=(6, 15))])
        for _ in range(COHORTS)
    ]
    wrong = [decided(table, k, draws=400).any() for k, table in enumerate(tables)]
    assert np.mean(wrong) > 0.1
    assert np.mean([decided(table, k, draws=400, largest=1.0).any() for k, table in enumerate(tables)]) < 0.07
