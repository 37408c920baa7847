"""The control of residual risk: looking for people who are not there."""

import numpy as np
import pytest
import torch

from bench.metrics.ranking import chance_average_precision
from bench.metrics.unenrolled import unenrolled_precisions
from bench.types.claim import Linkage

PEOPLE = [person for person in "abcdefghijkl" for _ in range(2)]


def _identity_scores() -> torch.Tensor:
    who = np.array(PEOPLE)
    return torch.from_numpy((who[:, None] == who[None, :]).astype(float))


def test_a_perfect_attack_finds_strangers_by_chance_alone() -> None:
    found = unenrolled_precisions(Linkage(_identity_scores()), PEOPLE, 0)
    assert set(found) == set("abcdefghijkl")
    # 24 scans, less two of the person and one of the stranger: 21 candidates of whom one is wanted.
    assert np.mean(list(found.values())) == pytest.approx(chance_average_precision(1, 21), abs=0.03)


def test_one_who_looks_like_everybody_is_found_though_not_enrolled() -> None:
    # Two scans of one stranger stand first for everybody; there are only two people.
    people = ["a", "a", "b", "b"]
    scores = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]], dtype=torch.float64)
    assert unenrolled_precisions(Linkage(scores), people, 0) == {"a": 1.0, "b": 1.0}


def test_people_with_one_scan_are_no_probes() -> None:
    assert set(unenrolled_precisions(Linkage(torch.rand(5, 5)), ["a", "a", "b", "b", "c"], 0)) == {"a", "b"}


def test_the_same_axes_give_the_same_control() -> None:
    scores = Linkage(torch.rand(24, 24, generator=torch.Generator().manual_seed(3)))
    assert unenrolled_precisions(scores, PEOPLE, 1) == unenrolled_precisions(scores, PEOPLE, 1)
    assert unenrolled_precisions(scores, PEOPLE, 1) != unenrolled_precisions(scores, PEOPLE, 2)


def test_without_a_stranger_there_is_no_control() -> None:
    with pytest.raises(ValueError, match="no stranger to look for"):
        unenrolled_precisions(Linkage(torch.rand(3, 3)), ["a", "a", "a"], 0)


@pytest.mark.parametrize("visits", ["aaaabbcc", "aaab", "aaabbbcccccd"])
def test_people_with_more_scans_than_anybody_else_have_a_control_too(visits: str) -> None:
    """Cohorts of real visits are like that; each of them meets a stranger with as many scans as there can be."""
    who = np.array(list(visits))
    scores = Linkage(torch.from_numpy((who[:, None] == who[None, :]).astype(float)))
    found = unenrolled_precisions(scores, list(visits), 0)
    assert set(found) == {person for person in visits if visits.count(person) > 1}
    assert all(0 < value <= 1 for value in found.values())
