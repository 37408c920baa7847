"""Paired differences and ranges of ranks: hand-computed tables and what decides."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.crossed import bootstrap_crossed
from bench.metrics.intervals import bootstrap_subjects
from bench.metrics.paired import Standing, decided, differences, rank_ranges

PEOPLE = [f"p{k:02d}" for k in range(20)]
HARD = np.random.default_rng(0).normal(size=20)


def method(shift: float, noise: float, seed: int) -> dict[str, list[float]]:
    """What is hard in a person weighs on every method alike."""
    own = np.random.default_rng(seed).normal(size=20)
    return {name: [float(value)] for name, value in zip(PEOPLE, HARD + shift + noise * own, strict=True)}


def ends(one: Standing) -> tuple[int, int]:
    return one.best, one.worst


def test_differences_are_taken_value_by_value() -> None:
    found = differences({"a": [1.0, 0.5], "b": [0.25]}, {"b": [0.5], "a": [0.0, 0.5]})
    assert found == {"a": (1.0, 0.0), "b": (-0.25,)}


def test_pairs_decide_what_separate_intervals_cannot() -> None:
    better, worse = method(0.2, 0.05, 1), method(0, 0.05, 2)
    assert bootstrap_subjects(better, 0).low < bootstrap_subjects(worse, 0).high
    assert rank_ranges({"better": better, "worse": worse}, 0)["better"] == Standing(best=1, worst=1)


def test_differences_can_be_crossed_with_seeds() -> None:
    first = {name: [value + 0.3, value + 0.1] for name, (value,) in method(0, 0.1, 1).items()}
    second = {name: [value, value] for name, (value,) in method(0, 0.1, 2).items()}
    found = differences(first, second)
    people_only, both = bootstrap_subjects(found, 0), bootstrap_crossed(found, 0)
    assert both.value == pytest.approx(people_only.value)
    assert both.high - both.low > people_only.high - people_only.low


def test_clear_differences_give_clear_ranks() -> None:
    found = rank_ranges({"c": method(0, 0.1, 3), "a": method(2, 0.1, 1), "b": method(1, 0.1, 2)}, 0)
    assert found == {name: Standing(best=k, worst=k) for k, name in enumerate("abc", start=1)}


def test_what_a_method_cannot_be_told_from_is_named() -> None:
    found = rank_ranges({"a": method(1, 0.3, 1), "b": method(1, 0.3, 2), "c": method(0, 0.3, 3)}, 0)
    assert {name: found[name].level for name in "abc"} == {"a": {"b"}, "b": {"a"}, "c": set()}


def test_methods_that_cannot_be_told_apart_share_their_ranks() -> None:
    found = rank_ranges({"a": method(1, 0.3, 1), "b": method(1, 0.3, 2), "c": method(0, 0.3, 3)}, 0)
    assert [ends(found[name]) for name in "abc"] == [(1, 2), (1, 2), (3, 3)]


def test_the_ends_of_a_chain_are_told_apart() -> None:
    # a and c differ; b, noisy, lies between them and cannot be told from either.
    found = rank_ranges({"a": method(0.3, 0.05, 1), "b": method(0.15, 0.5, 9), "c": method(0, 0.05, 3)}, 0)
    assert [ends(found[name]) for name in "abc"] == [(1, 2), (1, 3), (2, 3)]


def test_equal_methods_share_the_first_rank() -> None:
    same = {name: [1.0] for name in PEOPLE}
    found = rank_ranges({"a": same, "b": dict(same), "c": {name: [0.0] for name in PEOPLE}}, 0)
    assert [ends(found[name]) for name in "abc"] == [(1, 2), (1, 2), (3, 3)]
    assert rank_ranges({"alone": same}, 0) == {"alone": Standing(best=1, worst=1)}


@pytest.mark.parametrize(("subjects", "apart"), [(1, False), (5, False), (6, True)])
def test_five_people_who_agree_decide_nothing(subjects: int, apart: bool) -> None:
    assert decided(np.array([[1.0] * subjects, [0.0] * subjects]), 0)[0, 1] == apart


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**31), data=st.data())
def test_order_and_names_of_people_and_methods_do_not_matter(seed: int, data: st.DataObject) -> None:
    values = np.random.default_rng(seed).normal(size=(4, 8)) + np.array([[0.0], [0.5], [1.0], [2.0]])
    order, rows = data.draw(st.permutations(range(8))), data.draw(st.permutations(range(4)))
    plain = {f"m{row}": {f"p{k}": [float(values[row, k])] for k in range(8)} for row in range(4)}
    moved = {f"m{row}": {f"q{k}": [float(values[row, k])] for k in order} for row in rows}
    assert rank_ranges(moved, 0, draws=200) == rank_ranges(plain, 0, draws=200)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**31), spread=st.floats(0, 3))
def test_the_ranges_leave_room_for_the_order_of_the_means(seed: int, spread: float) -> None:
    values = np.random.default_rng(seed).normal(size=(5, 9)) + spread * np.arange(5)[:, None]
    methods = {f"m{row}": {f"p{k}": [float(values[row, k])] for k in range(9)} for row in range(5)}
    found = rank_ranges(methods, 0, draws=200)
    ranking = sorted(found, key=lambda name: -np.mean([value for (value,) in methods[name].values()]))
    for place, name in enumerate(ranking, start=1):
        assert 1 <= found[name].best <= place <= found[name].worst <= 5


def test_methods_of_other_people_are_refused() -> None:
    with pytest.raises(ValueError, match=r"same people, not in both: \['b'\]"):
        rank_ranges({"x": {"a": [1.0]}, "y": {"a": [1.0], "b": [0.0]}}, 0)
    with pytest.raises(ValueError, match="same values of subject 'a', got 2 and 1"):
        differences({"a": [1.0, 0.0]}, {"a": [1.0]})


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(ValueError, match="ranks of no methods"):
        rank_ranges({}, 0)
    with pytest.raises(ValueError, match="finite values"):
        rank_ranges({"x": {"a": [math.nan]}}, 0)
    with pytest.raises(ValueError, match="draws must be >= 1, got 0"):
        decided(np.zeros((2, 6)), 0, draws=0)
