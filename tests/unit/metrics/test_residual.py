"""Residual risk: hand-computed excess, a control that always succeeds, and who carries the risk."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.residual import excess, residual_risk, risk_distribution

UNIT = st.floats(0, 1)
PAIRS = st.lists(st.tuples(UNIT, UNIT), min_size=2, max_size=10)


def people(*values: float) -> dict[str, float]:
    return {f"p{k}": float(value) for k, value in enumerate(values)}


@pytest.mark.parametrize(
    ("attack", "control", "expected"),
    [
        (0.8, 0.2, 0.75),
        (0.5, 0.0, 0.5),
        (1.0, 0.99, 1.0),
        (0.3, 0.3, 0.0),
        (0.2, 0.6, -1.0),  # (0.2 - 0.6) / 0.4
        (0.5, 0.6, -0.25),
        (0.0, 0.9, -1.0),  # -9, cut
        (1.0, 1.0, 0.0),
        (0.9, 1.0, -1.0),
    ],
)
def test_excess_matches_the_table(attack: float, control: float, expected: float) -> None:
    assert excess(np.array([attack]), np.array([control]))[0] == pytest.approx(expected)


def test_the_value_is_the_excess_of_the_means() -> None:
    # Attack (1 + 1 + 0 + 1) / 4, control (1 + 0 + 0 + 0) / 4: (3/4 - 1/4) / (3/4).
    estimate = residual_risk(people(1, 1, 0, 1), people(1, 0, 0, 0), 0)
    assert (estimate.value, estimate.n) == (pytest.approx(2 / 3), 4)
    assert -1 <= estimate.low < 2 / 3 < estimate.high <= 1


def test_pairs_are_resampled_together() -> None:
    # Attack and control agree on everyone but one of forty: only that one person moves the gain.
    control = [float(k % 2) for k in range(40)]
    together = residual_risk(people(*control[:-2], 1, 1), people(*control), 0)
    apart = residual_risk(people(*control[:-2], 1, 1), people(*control[1:], control[0]), 0)
    assert together.value == apart.value
    assert together.high - together.low < (apart.high - apart.low) / 2


def test_success_on_everyone_and_never_on_the_control_is_one_with_an_honest_lower_bound() -> None:
    estimate = residual_risk(people(*[1] * 10), people(*[0] * 10), 0)
    # Wilson: attack >= 10 / 13.84, control <= 3.84 / 13.84.
    low = (10 - 3.8415) / 13.8415 / (10 / 13.8415)
    assert (estimate.value, estimate.low, estimate.high) == (1, pytest.approx(low, abs=1e-4), 1)


def test_failure_on_everyone_is_zero_with_an_honest_width() -> None:
    estimate = residual_risk(people(*[0] * 10), people(*[0] * 10), 0)
    reach = 3.8415 / 13.8415
    assert estimate.value == 0
    assert (estimate.low, estimate.high) == pytest.approx((-reach / (1 - reach), reach), abs=1e-4)


def test_a_control_that_always_succeeds_leaves_everything_open() -> None:
    estimate = residual_risk(people(*[1] * 10), people(*[1] * 10), 0)
    assert (estimate.value, estimate.low, estimate.high) == (0, -1, 1)
    worse = residual_risk(people(*[1] * 9, 0), people(*[1] * 10), 0)
    assert worse.value == -1
    assert math.isfinite(worse.low)
    assert math.isfinite(worse.high)


def test_one_person_has_no_interval() -> None:
    estimate = residual_risk(people(1), people(0.5), 0)
    assert (estimate.value, estimate.n) == (1, 1)
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)


@settings(deadline=None, max_examples=40)
@given(pairs=PAIRS, data=st.data())
def test_order_and_names_of_people_do_not_matter(pairs: list[tuple[float, float]], data: st.DataObject) -> None:
    moved = data.draw(st.permutations(pairs))
    plain = residual_risk(people(*(a for a, _ in pairs)), people(*(c for _, c in pairs)), 0, draws=50)
    other = residual_risk(
        {f"q{k}": a for k, (a, _) in enumerate(moved)}, {f"q{k}": c for k, (_, c) in enumerate(moved)}, 0, draws=50
    )
    assert other == plain
    assert -1 <= plain.low <= plain.value <= plain.high <= 1


def test_people_without_their_control_are_refused() -> None:
    with pytest.raises(ValueError, match=r"same people, not in both: \['b'\]"):
        residual_risk({"a": 1.0, "b": 0.0}, {"a": 1.0}, 0)
    with pytest.raises(ValueError, match="no subjects"):
        residual_risk({}, {}, 0)


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_what_is_no_success_rate_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"subject 'p1' has the value .*; allowed are values in \[0, 1\]"):
        residual_risk(people(0, bad), people(0, 0), 0)
    with pytest.raises(ValueError, match=r"allowed are values in \[0, 1\]"):
        risk_distribution(people(0, bad))


def test_no_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="draws must be >= 1, got 0"):
        residual_risk(people(0, 1), people(0, 0), 0, draws=0)


def test_the_distribution_of_risk_names_its_tail() -> None:
    found = risk_distribution({f"p{k}": k / 100 for k in range(40)})
    # 38 of 40 people do not exceed 0.37.
    assert (found.p95, found.maximum, found.mean) == (0.37, 0.39, pytest.approx(0.195))
    assert found.risks == tuple(k / 100 for k in range(40))


def test_with_few_people_the_tail_is_the_worst() -> None:
    found = risk_distribution(people(0.9, 0.1, 0.1))
    assert (found.p95, found.maximum, found.risks) == (0.9, 0.9, (0.1, 0.1, 0.9))
    alone = risk_distribution(people(0.4))
    assert (alone.p95, alone.maximum, alone.mean) == (0.4, 0.4, 0.4)
