"""Uncertainty against errors, by hand and by what must not matter."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics.calibration import error_auroc, error_by_uncertainty, in_question


def _cases() -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    pairs = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=4, max_size=60)
    return pairs.map(lambda rows: (np.array([u for u, _ in rows], float), np.array([w for _, w in rows])))


def test_auroc_by_hand() -> None:
    # Pairs (wrong, right): .35 > .1, .35 < .4, .8 > .1, .8 > .4: three of four.
    assert error_auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75


def test_constant_uncertainty_is_chance() -> None:
    assert error_auroc(np.ones(4), np.array([False, True, True, False])) == 0.5


@pytest.mark.parametrize("wrong", [[False, False], [True, True], []])
def test_without_both_kinds_of_voxels_there_is_no_auroc(wrong: list[bool]) -> None:
    assert math.isnan(error_auroc(np.zeros(len(wrong)), np.array(wrong, dtype=bool)))


@given(_cases())
def test_only_the_order_of_uncertainties_counts(case: tuple[np.ndarray, np.ndarray]) -> None:
    uncertainty, wrong = case
    found = error_auroc(uncertainty, wrong)
    assert error_auroc(np.exp(uncertainty / 7), wrong) == pytest.approx(found, nan_ok=True)
    assert error_auroc(-uncertainty, wrong) == pytest.approx(1 - found, nan_ok=True)
    np.testing.assert_array_equal(
        error_by_uncertainty(np.exp(uncertainty / 7), wrong, 5), error_by_uncertainty(uncertainty, wrong, 5)
    )


def test_error_rates_climb_where_errors_are_the_least_sure() -> None:
    uncertainty, wrong = np.arange(20.0), np.arange(20) >= 15
    np.testing.assert_allclose(error_by_uncertainty(uncertainty, wrong), [0] * 7 + [0.5, 1, 1])


def test_parts_are_of_equal_size() -> None:
    # Thirty voxels, one error each at the ranks 0, 14 and 29: one of six in the first, third and last fifth.
    uncertainty, wrong = np.arange(30.0), np.isin(np.arange(30), [0, 14, 29])
    np.testing.assert_allclose(error_by_uncertainty(uncertainty, wrong, 5), [1 / 6, 0, 1 / 6, 0, 1 / 6])


def test_voxels_that_tie_stay_together() -> None:
    # Six sure voxels tie around the mean rank 3.5 of 8: in quarters that is the second; 7 and 8 are the fourth.
    uncertainty = np.array([0, 0, 0, 0, 0, 0, 1, 2])
    wrong = np.array([0, 0, 0, 1, 1, 1, 0, 1], dtype=bool)
    np.testing.assert_array_equal(error_by_uncertainty(uncertainty * 1.0, wrong, 4), [np.nan, 0.5, np.nan, 0.5])


@given(_cases(), st.integers(0, 2**31))
def test_the_order_of_the_voxels_does_not_count(case: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    uncertainty, wrong = case
    order = np.random.default_rng(seed).permutation(len(wrong))
    np.testing.assert_array_equal(
        error_by_uncertainty(uncertainty, wrong, 4), error_by_uncertainty(uncertainty[order], wrong[order], 4)
    )


@given(st.integers(2, 12), st.integers(0, 2**31))
def test_parts_average_to_the_error_rate(parts: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    uncertainty, wrong = rng.random(12 * parts), rng.random(12 * parts) < 0.3
    assert error_by_uncertainty(uncertainty, wrong, parts).mean() == pytest.approx(wrong.mean())


def test_no_voxels_are_no_rates() -> None:
    assert np.isnan(error_by_uncertainty(np.zeros(0), np.zeros(0, dtype=bool))).all()


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="uncertainties must be finite"):
        error_by_uncertainty(np.array([0.0, np.nan]), np.array([True, False]))
    with pytest.raises(ValueError, match="bins must be >= 2, got 1"):
        error_by_uncertainty(np.zeros(2), np.array([True, False]), 1)


def test_air_is_never_in_question() -> None:
    predicted = torch.tensor([0, 1, 0, 2], dtype=torch.uint8).reshape(1, 1, 4)
    labels = torch.tensor([0, 1, 3, 0], dtype=torch.uint8).reshape(1, 1, 4)
    assert in_question(predicted, labels).flatten().tolist() == [False, True, True, True]
