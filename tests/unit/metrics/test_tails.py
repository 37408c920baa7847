"""Tails of few people: hand-computed quantiles, and what they leave as it was."""

import pytest

from bench.metrics.intervals import bootstrap_subjects, critical_value, expanded_tails, percentile_tails


@pytest.mark.parametrize(
    ("subjects", "critical", "tail"),
    # sqrt(n / (n - 1)) * t of n - 1 degrees of freedom, and the normal tail beyond it.
    [
        (2, 1.41421 * 12.7062, 0.0),
        (10, 1.05409 * 2.26216, 0.008548),
        (15, 1.03510 * 2.14479, 0.013206),
        (30, 1.01710 * 2.04523, 0.018755),
        (1000, 1.00050 * 1.96234, 0.024805),
    ],
)
def test_tails_reach_further_for_fewer_people(subjects: int, critical: float, tail: float) -> None:
    assert critical_value(subjects) == pytest.approx(critical, abs=1e-4)
    assert expanded_tails(subjects) == pytest.approx((tail, 1 - tail), abs=2e-5)


def test_many_people_have_the_percentiles() -> None:
    assert expanded_tails(10**7) == pytest.approx(percentile_tails(10**7), abs=1e-6)


def test_expanded_intervals_hold_the_percentile_intervals_within_the_values() -> None:
    values = {str(k): [k / 11] for k in range(12)}
    plain, wide = bootstrap_subjects(values, 0), bootstrap_subjects(values, 0, tails=expanded_tails)
    assert 0 < wide.low < plain.low < plain.value < plain.high < wide.high < 1
    assert wide.value == plain.value


def test_one_subject_has_no_critical_value() -> None:
    with pytest.raises(ValueError, match="needs >= 2 subjects, got 1"):
        critical_value(1)
