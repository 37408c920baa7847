"""Intraclass correlation: closed forms, the table of Shrout and Fleiss, and pingouin's two naming schemes."""

import math

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f as f_distribution

from bench.metrics.agreement import Agreement, IccKind, agreement, read_icc

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)


def mean_squares(x: np.ndarray) -> tuple[float, float, float, float]:
    """Between targets, within targets, between raters, residual."""
    n, k = x.shape
    grand, rows, columns = x.mean(), x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True)
    between = k * ((rows - grand) ** 2).sum() / (n - 1)
    within = ((x - rows) ** 2).sum() / (n * (k - 1))
    raters = n * ((columns - grand) ** 2).sum() / (k - 1)
    residual = ((x - rows - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    return float(between), float(within), float(raters), float(residual)


def closed_form(x: np.ndarray, kind: IccKind) -> float:
    n, k = x.shape
    between, within, raters, residual = mean_squares(x)
    if kind is IccKind.ONE_WAY:
        return (between - within) / (between + (k - 1) * within)
    shift = k * (raters - residual) / n if kind is IccKind.AGREEMENT else 0
    return (between - residual) / (between + (k - 1) * residual + shift)


def closed_interval(ratio: float, n: int, k: int, denominator: int) -> tuple[float, float]:
    """Exact interval from the F ratio of mean squares, McGraw and Wong 1996, Table 7."""
    low = ratio / f_distribution.ppf(0.975, n - 1, denominator)
    high = ratio * f_distribution.ppf(0.975, denominator, n - 1)
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


@pytest.mark.parametrize(
    ("kind", "icc", "low", "high"),
    [
        # Value: Shrout and Fleiss 1979, Table 4. Interval: as printed by R's psych::ICC for the same data.
        (IccKind.ONE_WAY, 0.17, -0.13, 0.72),
        (IccKind.AGREEMENT, 0.29, 0.02, 0.76),
        (IccKind.CONSISTENCY, 0.71, 0.34, 0.95),
    ],
)
def test_shrout_and_fleiss(kind: IccKind, icc: float, low: float, high: float) -> None:
    result = agreement(SHROUT_FLEISS, kind)
    assert (result.icc, result.low, result.high) == pytest.approx((icc, low, high), abs=0.0051)
    assert (result.n, result.kind) == (6, kind)


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(5, 40),
    k=st.integers(2, 4),
    noise=st.floats(0.01, 3),
    shift=st.floats(0, 2),
)
def test_agrees_with_the_closed_forms(seed: int, n: int, k: int, noise: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1)) + noise * rng.normal(size=(n, k)) + shift * rng.normal(size=(1, k))
    between, within, _, residual = mean_squares(x)
    for kind in IccKind:
        assert agreement(x, kind).icc == pytest.approx(closed_form(x, kind), abs=1e-8)
    one_way, consistency = agreement(x), agreement(x, IccKind.CONSISTENCY)
    assert one_way.kind is IccKind.ONE_WAY
    assert (one_way.low, one_way.high) == pytest.approx(closed_interval(between / within, n, k, n * (k - 1)), abs=1e-8)
    expected = closed_interval(between / residual, n, k, (n - 1) * (k - 1))
    assert (consistency.low, consistency.high) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("n", "icc", "low", "high"), [(181, 0.845, 0.798, 0.882), (181, 0.812, 0.756, 0.856), (251, 0.842, 0.802, 0.875)]
)
def test_interval_of_a_published_value(n: int, icc: float, low: float, high: float) -> None:
    centres = np.random.default_rng(0).normal(size=n)
    between = 2 * centres.var(ddof=1)
    # ratings centre +- d have a within mean square of 2 d^2; the ICC asks for between / within = (1 + icc) / (1 - icc)
    d = math.sqrt(between * (1 - icc) / (1 + icc) / 2)
    result = agreement(np.stack([centres - d, centres + d], axis=1))
    assert result.icc == pytest.approx(icc, abs=1e-9)
    assert (round(result.low, 3), round(result.high, 3)) == (low, high)


def test_intervals_are_not_rounded_and_the_options_of_pingouin_are_put_back() -> None:
    before = dict(pingouin.options)
    result = agreement(SHROUT_FLEISS)
    assert result.low != round(result.low, 2)
    assert pingouin.options == before


@pytest.mark.parametrize("kind", list(IccKind))
def test_identical_ratings_agree_fully(kind: IccKind) -> None:
    column = np.array([0.1, 0.4, 0.5, 0.7, 0.9])
    assert agreement(np.stack([column, column], axis=1), kind) == Agreement(1.0, 1.0, 1.0, 5, kind)


def test_a_constant_shift_counts_only_for_absolute_agreement() -> None:
    column = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    x = np.stack([column, column + 1], axis=1)
    assert agreement(x, IccKind.CONSISTENCY).icc == pytest.approx(1)
    # MSB = 7, MSC = 3, MSE = 0: 7 / (7 + 2 * 3 / 6)
    assert agreement(x, IccKind.AGREEMENT).icc == pytest.approx(7 / 8)


def test_opposite_ratings_disagree_fully() -> None:
    x = np.array([[0.0, 1.0], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0], [0.1, 0.9]])
    assert agreement(x).icc == pytest.approx(-1)


@pytest.mark.parametrize("ratings", [np.array([[0.1, 0.2], [0.3, 0.3], [0.5, 0.4], [0.7, 0.7]]), np.full((9, 2), 0.5)])
def test_too_few_targets_or_no_spread_give_no_number(ratings: np.ndarray) -> None:
    result = agreement(ratings)
    assert all(math.isnan(value) for value in (result.icc, result.low, result.high))
    assert result.n == len(ratings)


def test_unmeasured_ratings_are_refused() -> None:
    x = SHROUT_FLEISS.copy()
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="ratings of target 3 are not finite"):
        agreement(x)


def test_a_single_rater_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two ratings a target, got 1"):
        agreement(np.ones((6, 1)))


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(
            {"Type": ["ICC1", "ICC2"], "ICC": [0.1, 0.2], "CI95%": [np.array([0.0, 0.3]), np.array([0.1, 0.4])]}
        ),
        pd.DataFrame(
            {"Type": ["ICC1", "ICC2"], "ICC": [0.1, 0.2], "CI95": [np.array([0.0, 0.3]), np.array([0.1, 0.4])]}
        ),
        pd.DataFrame(
            {"ICC": [0.1, 0.2], "CI95": [np.array([0.0, 0.3]), np.array([0.1, 0.4])]}, index=["ICC(1,1)", "ICC(A,1)"]
        ),
    ],
)
def test_both_naming_schemes_are_read(table: pd.DataFrame) -> None:
    assert read_icc(table, IccKind.ONE_WAY) == (0.1, 0.0, 0.3)
    assert read_icc(table, IccKind.AGREEMENT) == (0.2, 0.1, 0.4)


def test_an_unknown_table_is_refused() -> None:
    table = pd.DataFrame({"Type": ["Single"], "ICC": [0.1], "CI95": [np.array([0.0, 0.3])]})
    with pytest.raises(ValueError, match=r"cannot read pingouin's table: rows \['Single'\]"):
        read_icc(table, IccKind.ONE_WAY)
