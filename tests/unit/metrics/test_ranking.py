"""One ranked list: hand-computed values, scikit-learn, and exact chance by going through all orders."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from bench.metrics.ranking import average_precision, chance_average_precision, chance_hit, class_f1, ranked


def test_candidates_are_ranked_by_falling_score() -> None:
    order = ranked(np.array([0.1, 0.9, -2.0, 0.5]), np.random.default_rng(0))
    assert order.tolist() == [1, 3, 0, 2]


def test_ties_are_broken_at_random() -> None:
    rng = np.random.default_rng(0)
    firsts = [int(ranked(np.array([0.5, 0.7, 0.7, 0.7]), rng)[0]) for _ in range(3000)]
    assert np.bincount(firsts, minlength=4) / 3000 == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3], abs=0.04)


@pytest.mark.parametrize(
    ("scores", "relevant", "expected"),
    [
        ([0.9, 0.5, 0.1], [1, 0, 0], 1.0),
        ([0.9, 0.5, 0.1], [0, 1, 0], 1 / 2),
        ([0.9, 0.5, 0.1], [0, 0, 1], 1 / 3),
        ([0.9, 0.5, 0.1], [1, 0, 1], (1 + 2 / 3) / 2),
        ([-1.0], [1], 1.0),
    ],
)
def test_hand_computed_average_precision(scores: list[float], relevant: list[int], expected: float) -> None:
    found = average_precision(np.array(scores), np.array(relevant, dtype=bool), np.random.default_rng(0))
    assert found == pytest.approx(expected)
    assert found == pytest.approx(average_precision_score(relevant, scores))


def test_tied_candidates_are_a_guess() -> None:
    constant, relevant = np.zeros(5), np.array([1, 0, 0, 0, 0], dtype=bool)
    guesses = [average_precision(constant, relevant, np.random.default_rng(seed)) for seed in range(100)]
    assert np.mean(guesses) == pytest.approx(chance_average_precision(1, 5), abs=0.01)
    # Tied with one stranger: first or second with equal chance.
    pair = average_precision(np.array([0.9, 0.9, 0.1]), relevant[:3], np.random.default_rng(0))
    assert pair == pytest.approx(3 / 4, abs=0.15)


@pytest.mark.parametrize(("relevant", "candidates"), [(1, 1), (1, 2), (2, 2), (1, 5), (2, 5), (4, 6)])
def test_chance_is_the_average_over_all_orders(relevant: int, candidates: int) -> None:
    same = np.arange(candidates) < relevant
    lists = [same[list(order)] for order in permutations(range(candidates))]
    scores = -np.arange(candidates, dtype=float)
    mean = np.mean([average_precision_score(relevances, scores) for relevances in lists])
    assert chance_average_precision(relevant, candidates) == pytest.approx(mean)
    for depth in (1, 3, 5):
        hits = [relevances[:depth].any() for relevances in lists]
        assert chance_hit(relevant, candidates, depth) == pytest.approx(np.mean(hits))


def test_hand_computed_chance() -> None:
    assert chance_average_precision(1, 2) == pytest.approx((1 + 1 / 2) / 2)
    assert chance_average_precision(1, 3) == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert chance_hit(2, 35, 1) == pytest.approx(2 / 35)
    assert chance_hit(1, 100, 5) == pytest.approx(5 / 100)
    assert chance_hit(1, 4, 5) == 1


@pytest.mark.parametrize(("relevant", "candidates"), [(0, 3), (4, 3), (1, 0)])
def test_impossible_counts_are_refused(relevant: int, candidates: int) -> None:
    with pytest.raises(ValueError, match=f"relevant must be 1 to {candidates}"):
        chance_average_precision(relevant, candidates)
    with pytest.raises(ValueError, match=f"relevant must be 1 to {candidates}"):
        chance_hit(relevant, candidates, 5)


@settings(deadline=None, max_examples=25)
@given(classes=st.integers(1, 5), strangers=st.integers(0, 3), seed=st.integers(0, 2**31))
def test_f1_of_many_draws_agrees_with_scikit_learn(classes: int, strangers: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.arange(classes), rng.integers(classes, size=7)])
    predicted = rng.integers(classes + strangers, size=(3, len(true)))
    ours = class_f1(true, predicted, classes)
    for row, guesses in zip(ours, predicted, strict=True):
        expected = f1_score(true, guesses, labels=np.arange(classes), average=None, zero_division=0)
        assert row == pytest.approx(expected)
