"""The best of several scores is above chance by luck, and by how much."""

import numpy as np
import pytest

from bench.metrics.luck import best_by_luck


def _blind(traits: int, people: int) -> float:
    rng = np.random.default_rng(0)
    names = [f"p{number:02d}" for number in range(people)]
    predicted = {f"t{trait}": [rng.standard_normal(people).tolist()] for trait in range(traits)}
    truth = {trait: rng.standard_normal(people).tolist() for trait in predicted}
    return best_by_luck(predicted, truth, names, "test", draws=1000)


def test_one_trait_has_chance_of_a_half_and_two_more() -> None:
    assert _blind(1, 15) == pytest.approx(0.5, abs=0.01)
    assert 0.54 < _blind(2, 15) < 0.6  # E max of two normal variables is .564 sd; sd of Kendall's tau / 2 is .096 at 15
    assert 0.5 < _blind(2, 60) < _blind(2, 15)


def test_two_people_by_hand() -> None:
    # One trait, two people: right or wrong, each in half of the permutations.
    found = best_by_luck({"age": [[1.0, 2.0]]}, {"age": [30.0, 40.0]}, ["a", "b"], "test", draws=2000)
    assert found == pytest.approx(0.5, abs=0.03)


def test_scans_of_a_person_stay_together_and_what_nobody_knows_is_left_out() -> None:
    people = ["a", "a", "b", "b", "c", "c"]
    truth = {"age": [30.0, 30.0, 40.0, 40.0, None, None]}
    found = best_by_luck({"age": [[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]]}, truth, people, "test", draws=2000)
    assert found == pytest.approx(0.5, abs=0.03)


def test_the_truth_itself_changes_no_chance() -> None:
    rng = np.random.default_rng(1)
    names, ages = [f"p{number:02d}" for number in range(20)], rng.standard_normal(20).tolist()
    assert best_by_luck({"age": [ages]}, {"age": ages}, names, "test", draws=500) == pytest.approx(0.5, abs=0.02)


def test_without_a_trait_there_is_nothing_to_ask() -> None:
    with pytest.raises(ValueError, match="no trait"):
        best_by_luck({}, {}, ["a"], "test")
