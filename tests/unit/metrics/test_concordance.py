"""Concordance by hand, as the area under the ROC curve, and its interval."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from bench.metrics.concordance import Concordance, concordance

NUMBERS = st.lists(st.integers(-5, 5), min_size=8, max_size=8)


def _found(predicted: list[Any], truth: list[Any], people: str = "abcdefgh") -> Concordance:
    numbers, traits = [float(number) for number in predicted], [float(number) for number in truth]
    return concordance([numbers], traits, list(people[: len(truth)]), "test", draws=200)


def test_pairs_are_counted_by_hand() -> None:
    # Older first: (30, 20), (40, 20) and (30', 20) right, (40, 30) wrong, (40, 30') tied; (30, 30') says nothing.
    found = _found([1, 4, 3, 3], [20, 30, 40, 30])
    assert found.value.value == pytest.approx((1 + 1 + 1 + 0 + 0.5) / 5)
    assert found.value.n == 4


def test_nobody_is_compared_with_themselves() -> None:
    # Person a at 30 and at 40 is predicted the wrong way round, which nobody asks; b is younger than both.
    assert _found([9, 8, 1], [30, 40, 20], "aab").value.value == 1


def test_keys_are_averaged_and_kept_apart() -> None:
    found = concordance([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], [20.0, 30.0, 40.0], list("abc"), "test")
    assert found.by_key == (1, 0)
    assert found.value.value == 0.5


@given(predicted=NUMBERS)
def test_of_two_values_it_is_the_area_under_the_roc_curve(predicted: list[float]) -> None:
    truth = [0, 1, 1, 0, 0, 1, 0, 1]
    assert _found(predicted, truth).value.value == pytest.approx(roc_auc_score(truth, predicted))


@given(predicted=NUMBERS, truth=NUMBERS.filter(lambda found: len(set(found)) > 1))
def test_only_the_order_counts_and_turning_it_round_turns_the_score(predicted: list[float], truth: list[float]) -> None:
    found = _found(predicted, truth).value
    assert _found([3 * number + 7 for number in predicted], truth).value == found
    assert _found([-number for number in predicted], truth).value.value == pytest.approx(1 - found.value)
    assert found.low <= found.value <= found.high


def test_equal_predictions_are_a_guess_with_an_interval_around_it() -> None:
    found = _found([2, 2, 2, 2], [20, 30, 40, 50]).value
    assert found.value == 0.5
    assert found.low < 0.5 < found.high


def test_perfect_order_of_few_people_is_no_certainty() -> None:
    found = _found([1, 2, 3, 4], [20, 30, 40, 50]).value
    assert found.value == found.high == 1
    assert found.low < 0.9


def test_one_person_with_the_rarer_value_gives_no_interval() -> None:
    assert math.isnan(_found([1, 2, 3, 4], [0, 0, 0, 1]).value.low)


def test_intervals_cover_what_is_true_of_everybody() -> None:
    # Two normal variables with correlation r agree in order with probability 1/2 + asin(r)/pi.
    rng, correlation, people = np.random.default_rng(5), 0.6, [str(person) for person in range(20)]
    truth, covered = 0.5 + math.asin(correlation) / math.pi, 0
    for trial in range(200):
        trait = rng.normal(size=20)
        guess = correlation * trait + math.sqrt(1 - correlation**2) * rng.normal(size=20)
        found = concordance([guess.tolist()], trait.tolist(), people, "cover", trial, draws=300).value
        covered += found.low <= truth <= found.high
    assert 180 <= covered <= 199


@pytest.mark.parametrize(
    ("predicted", "truth", "words"),
    [
        ([[1.0, 2.0]], [20.0, 20.0], "no two people differ"),
        ([[1.0, float("nan")]], [20.0, 30.0], "must be finite"),
        ([[1.0]], [20.0, 30.0], r"shape \(1, 1\) for 2 traits"),
        ([], [20.0, 30.0], "for 2 traits"),
    ],
)
def test_what_says_nothing_is_refused(predicted: list[list[float]], truth: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        concordance(predicted, truth, list("ab"), "test")
