"""Intervals over people: hand-computed cases and agreement with SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap

from bench.metrics.intervals import bootstrap_subjects, mean_of_scans, mean_of_subjects, wilson

UNIT = st.floats(0, 1)
PEOPLE = st.dictionaries(
    st.text(min_size=1, max_size=3), st.lists(UNIT, min_size=1, max_size=4), min_size=2, max_size=8
)


def test_value_is_the_mean_of_the_subjects_means() -> None:
    values = {"a": [1.0, 0.0, 0.5], "b": [1.0]}
    assert bootstrap_subjects(values, 0).value == pytest.approx((0.5 + 1) / 2)
    assert bootstrap_subjects(values, 0, statistic=mean_of_scans).value == pytest.approx(2.5 / 4)


def test_two_people_give_the_range_of_their_means() -> None:
    # A resample is a, a or b, b with probability 1/4 each: both tails hold more than 2.5 %.
    estimate = bootstrap_subjects({"a": [0.2], "b": [0.6, 0.8]}, 0)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.45, 0.2, 0.7))
    assert estimate.n == 2


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_people_who_all_agree_leave_no_width(value: float) -> None:
    estimate = bootstrap_subjects({name: [value, value] for name in "abcdef"}, 0)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (value, value, value, 6)


def test_one_subject_has_no_interval() -> None:
    estimate = bootstrap_subjects({"a": [0.25, 0.75]}, 0)
    assert (estimate.value, estimate.n) == (0.5, 1)
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)


def test_binary_outcomes_give_the_binomial_percentiles() -> None:
    # Resampled means of 10 people, half of whom score 1, are Binomial(10, 1/2) / 10: 2.5 % and 97.5 % are 2 and 8.
    values = {f"p{k}": [float(k % 2)] for k in range(10)}
    estimate = bootstrap_subjects(values, 0, draws=20000)
    assert (estimate.low, estimate.high) == (0.2, 0.8)


def test_agrees_with_the_percentile_bootstrap_of_scipy() -> None:
    scores = np.random.default_rng(1).beta(8, 2, size=40)
    ours = bootstrap_subjects({str(k): [float(score)] for k, score in enumerate(scores)}, 0, draws=20000)
    theirs = bootstrap((scores,), np.mean, n_resamples=20000, method="percentile", rng=2).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=2e-3)
    assert ours.high == pytest.approx(theirs.high, abs=2e-3)


@settings(deadline=None, max_examples=30)
@given(values=PEOPLE, copies=st.integers(2, 5))
def test_people_are_resampled_not_scans(values: dict[str, list[float]], copies: int) -> None:
    repeated = {name: scores * copies for name, scores in values.items()}
    for statistic in (mean_of_subjects, mean_of_scans):
        once, often = (bootstrap_subjects(given, 0, statistic=statistic, draws=200) for given in (values, repeated))
        assert (often.value, often.n) == (pytest.approx(once.value), once.n)
        assert (often.low, often.high) == pytest.approx((once.low, once.high), abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(values=PEOPLE, data=st.data())
def test_order_and_names_of_people_do_not_matter(values: dict[str, list[float]], data: st.DataObject) -> None:
    names = data.draw(st.permutations(list(values)))
    renamed = {f"other {name}": values[name] for name in names}
    assert bootstrap_subjects(renamed, 0, draws=200) == bootstrap_subjects(values, 0, draws=200)


@settings(deadline=None, max_examples=30)
@given(values=PEOPLE)
def test_interval_stays_within_the_subjects_means(values: dict[str, list[float]]) -> None:
    means = [sum(scores) / len(scores) for scores in values.values()]
    estimate = bootstrap_subjects(values, 0, draws=200)
    assert min(means) - 1e-12 <= estimate.low <= estimate.high <= max(means) + 1e-12


def test_seed_decides_the_resamples() -> None:
    values = {str(k): [k / 7 % 1] for k in range(12)}
    assert bootstrap_subjects(values, 3, "dice") == bootstrap_subjects(values, 3, "dice")
    assert bootstrap_subjects(values, 3, "dice") != bootstrap_subjects(values, 4, "dice")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no subjects"),
        ({"a": [0.5], "b": []}, "subject 'b' has no values"),
        ({"a": [0.5], "b": [0.1, math.nan]}, "subject 'b' has the value nan"),
        ({"a": [math.inf]}, "subject 'a' has the value inf"),
    ],
)
def test_what_was_not_measured_is_refused(values: dict[str, list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_subjects(values, 0)


def test_no_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="draws must be >= 1, got 0"):
        bootstrap_subjects({"a": [0.5]}, 0, draws=0)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # z^2 / (n + z^2) with z = 1.96 is the far end at 0 % and at 100 %.
        (0, 10, 0.0, 3.8415 / 13.8415),
        (10, 10, 10 / 13.8415, 1.0),
        (0, 1, 0.0, 3.8415 / 4.8415),
        (1, 1, 1 / 4.8415, 1.0),
        (5, 10, 0.23659, 0.76341),
        (81, 263, 0.25527, 0.36616),  # Newcombe, Statistics in Medicine 1998, Table I
        (15, 148, 0.06242, 0.16054),
    ],
)
def test_wilson_matches_the_table(successes: int, trials: int, low: float, high: float) -> None:
    estimate = wilson(successes, trials)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-4)
    assert (estimate.value, estimate.n) == (successes / trials, trials)


@settings(deadline=None)
@given(trials=st.integers(1, 500), data=st.data())
def test_wilson_agrees_with_scipy(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    estimate = wilson(successes, trials)
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


@settings(deadline=None)
@given(trials=st.integers(1, 500), share=UNIT)
def test_wilson_holds_its_value_within_zero_and_one(trials: int, share: float) -> None:
    estimate = wilson(share * trials, trials)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.high - estimate.low > 0


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (math.nan, 3)])
def test_wilson_refuses_impossible_counts(successes: float, trials: int) -> None:
    with pytest.raises(ValueError, match=r"successes must be in \[0, 3\]"):
        wilson(successes, trials)


def test_wilson_refuses_no_trials() -> None:
    with pytest.raises(ValueError, match="trials must be >= 1, got 0"):
        wilson(0, 0)
