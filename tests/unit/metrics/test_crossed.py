"""Intervals over people crossed with keys or seeds: hand-computed widths, and what is defined at the edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.crossed import bootstrap_crossed, half_width

UNIT = st.floats(0, 1)
TABLES = st.integers(1, 4).flatmap(
    lambda levels: st.lists(st.lists(UNIT, min_size=levels, max_size=levels), min_size=2, max_size=6)
)


def crossed(rows: list[list[float]], **settings: tuple[float, float]) -> tuple[float, float, float]:
    estimate = bootstrap_crossed({f"p{k}": row for k, row in enumerate(rows)}, 0, draws=400, **settings)
    assert estimate.n == len(rows)
    return estimate.value, estimate.low, estimate.high


def test_half_width_by_people_alone_is_students() -> None:
    # Means 1, 2, 3: variance 1, standard error sqrt(1 / 3), t of 2 degrees of freedom 4.3027.
    assert half_width(np.array([[1.0], [2.0], [3.0]])) == pytest.approx(4.3027 / 3**0.5, abs=1e-4)
    assert half_width(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])) == pytest.approx(4.3027 / 3**0.5, abs=1e-4)


def test_half_width_by_levels_alone_is_students() -> None:
    assert half_width(np.array([[1.0, 2.0, 3.0]] * 4)) == pytest.approx(4.3027 / 3**0.5, abs=1e-4)


def test_half_width_of_a_two_way_table() -> None:
    # Means of people 2, 4 (variance 2 / 2), of levels 2, 3, 4 (variance 1 / 3); t of 1 and 2 degrees: 12.7062, 4.3027.
    rows = np.array([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])
    assert half_width(rows) == pytest.approx((12.7062**2 + 4.3027**2 / 3) ** 0.5, abs=1e-3)


def test_what_is_special_to_one_person_under_one_key_counts_once() -> None:
    # Neither people nor keys differ on average; the rest of 1 / 2 each way has variance 1 / (1 * 1) / 4.
    assert half_width(np.array([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(12.7062 * 0.5, abs=1e-3)


def test_the_value_is_the_mean_and_levels_widen_the_interval() -> None:
    people = np.linspace(0.3, 0.6, 12)[:, None]
    value, low, high = crossed((people + np.array([-0.1, 0.0, 0.1])).tolist())
    assert value == pytest.approx(0.45)
    assert low < 0.45 < high
    _, narrow, wide = crossed(np.repeat(people, 3, axis=1).tolist())
    assert low < narrow < wide < high


def test_one_level_leaves_an_interval_for_people() -> None:
    rows = [[value] for value in np.linspace(0, 1, 21).tolist()]
    value, low, high = crossed(rows)
    half = 2.086 * np.linspace(0, 1, 21).std(ddof=1) / 21**0.5
    assert (value, low, high) == pytest.approx((0.5, 0.5 - half, 0.5 + half), abs=0.02)


def test_one_subject_has_no_interval() -> None:
    value, low, high = crossed([[0.25, 0.75]])
    assert value == 0.5
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_all_agree_the_limits_give_wilsons_interval(share: float) -> None:
    value, low, high = crossed([[share * 10] * 3] * 6, limits=(0.0, 10.0))
    reach = 10 * 3.8415 / 9.8415
    assert (value, low, high) == pytest.approx(
        (share * 10, max(0, share * 10 - reach), min(10, share * 10 + reach)), abs=1e-3
    )


def test_without_limits_agreement_has_no_width() -> None:
    assert crossed([[2.0, 2.0]] * 3) == (2, 2, 2)


def test_the_interval_is_cut_at_the_limits() -> None:
    rows = [[0.9, 0.2, 1.0], [1.0, 0.1, 1.0], [0.8, 0.3, 0.9]]
    _, low, high = crossed(rows)
    assert (low < 0, high > 1) == (True, True)
    assert crossed(rows, limits=(0.0, 1.0))[1:] == (0, 1)


@settings(deadline=None, max_examples=40)
@given(subjects=st.integers(2, 6), levels=st.integers(1, 4), seed=st.integers(0, 2**31), data=st.data())
def test_order_and_names_of_people_and_order_of_levels_do_not_matter(
    subjects: int, levels: int, seed: int, data: st.DataObject
) -> None:
    rows = np.random.default_rng(seed).normal(size=(subjects, levels)).tolist()
    people = data.draw(st.permutations(range(subjects)))
    columns = data.draw(st.permutations(range(levels)))
    plain = bootstrap_crossed({f"p{k}": row for k, row in enumerate(rows)}, 0, draws=100)
    moved = bootstrap_crossed({f"q{k}": [rows[k][column] for column in columns] for k in people}, 0, draws=100)
    assert moved == plain


def test_equal_rows_of_successes_and_failures_do_not_hide_the_order() -> None:
    rows = [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    assert crossed([[row[2], row[0], row[1]] for row in reversed(rows)]) == crossed(rows)


@settings(deadline=None, max_examples=40)
@given(rows=TABLES)
def test_the_interval_holds_the_value(rows: list[list[float]]) -> None:
    estimate = bootstrap_crossed({str(k): row for k, row in enumerate(rows)}, 0, limits=(0.0, 1.0), draws=100)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no subjects"),
        ({"a": [0.5], "b": [0.5, 1.0]}, "one value for each level"),
        ({"a": [], "b": []}, "one value for each level"),
        ({"a": [0.5], "b": [math.nan]}, "subject 'b' has the value nan"),
        ({"a": [0.5], "b": [1.5]}, r"subject 'b' has the value 1.5; allowed are finite values in \(0.0, 1.0\)"),
    ],
)
def test_tables_with_gaps_are_refused(values: dict[str, list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_crossed(values, 0, limits=(0.0, 1.0))


def test_few_draws_and_empty_limits_are_refused() -> None:
    with pytest.raises(ValueError, match="draws must be >= 100"):
        bootstrap_crossed({"a": [0.5], "b": [0.1]}, 0, draws=99)
    with pytest.raises(ValueError, match="limits must be"):
        bootstrap_crossed({"a": [0.5]}, 0, limits=(1.0, 1.0))
