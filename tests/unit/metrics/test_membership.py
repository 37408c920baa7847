"""Members against strangers, by hand."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.metrics.membership import Told, tell_members


def _told(members: Sequence[float], strangers: Sequence[float], draws: int = 50) -> Told:
    truth = [True] * len(members) + [False] * len(strangers)
    return tell_members([float(score) for score in (*members, *strangers)], truth, "test", draws=draws)


def test_the_auc_counts_pairs_and_ties_half() -> None:
    # 4 > 3, 4 > 1 and 2 > 1, but 2 < 3
    assert _told([4, 2], [3, 1]).auc.value == 0.75
    assert _told([3, 2], [3, 1]).auc.value == pytest.approx((0.5 + 1 + 0 + 1) / 4)


@pytest.mark.parametrize(
    ("members", "strangers", "advantage"),
    [
        ([4, 3], [2, 1], 1.0),
        ([2, 1], [4, 3], -1.0),
        ([4, 2], [3, 1], 0.0),  # the two highest are one of each
        ([4, 2, 2], [2, 1, 1], (1 + 2 * 2 / 3) / 3 - (2 / 3) / 3),  # 4, then two thirds of three equal ones
        ([5, 5, 5], [5, 5, 5], 0.0),
    ],
)
def test_the_advantage_accepts_as_many_as_there_are_members(
    members: list[float], strangers: list[float], advantage: float
) -> None:
    assert _told(members, strangers).advantage.value == pytest.approx(advantage)


def test_everybody_told_apart_has_an_interval_still() -> None:
    found = _told(list(range(100, 120)), list(range(20)))
    assert (found.auc.value, found.auc.high, found.advantage.value) == (1, 1, 1)
    assert 0.8 < found.auc.low < 1
    assert 0.7 < found.advantage.low < 1
    assert (found.auc.n, found.members, found.strangers) == (40, 20, 20)


@pytest.mark.parametrize(("strangers", "smallest"), [(9, None), (10, 1.0), (100, 0.1), (1000, 0.01)])
def test_an_fpr_needs_ten_strangers_below_it(strangers: int, smallest: float | None) -> None:
    found = _told([1.0, 2.0], np.linspace(0, 1, strangers).tolist())
    assert found.smallest_fpr == smallest
    assert [point.tpr is not None for point in found.tprs] == [
        smallest is not None and point.fpr >= smallest for point in found.tprs
    ]
    assert [point.fpr for point in found.tprs] == [0.1, 0.01, 0.001]


def test_the_tpr_is_that_of_the_lowest_threshold_with_few_enough_alarms() -> None:
    strangers = [float(score) for score in range(100)]
    found = _told([99.5, 90.5, 89.5, 88.5], strangers)  # ten alarms are 90 to 99: strictly above 89
    assert found.tprs[0].tpr is not None
    assert found.tprs[0].tpr.value == 0.75
    assert found.threshold == 89
    assert found.roc[0].fpr == 1


@pytest.mark.parametrize(
    ("scores", "members", "words"),
    [
        ([1.0, 2.0, 3.0], [True, False], "3 scores for 2 people"),
        ([1.0, float("nan"), 2.0, 3.0], [True, True, False, False], "one finite score"),
        ([1.0, 2.0, 3.0], [True, False, False], "got 1 and 2"),
    ],
)
def test_what_cannot_be_scored_is_refused(scores: list[float], members: list[bool], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tell_members(scores, members, "test")


def test_intervals_of_guesses_hold_chance() -> None:
    rng = np.random.default_rng(0)
    found = [_told(*rng.normal(size=(2, 16)).tolist(), draws=200) for _ in range(100)]
    assert sum(one.auc.low <= 0.5 <= one.auc.high for one in found) >= 90
    assert sum(one.advantage.low <= 0 <= one.advantage.high for one in found) >= 90


FEW = settings(max_examples=25)
SCORES = st.integers(0, 5).map(float)


@FEW
@given(st.permutations(range(12)), st.lists(SCORES, min_size=12, max_size=12))
def test_the_order_of_people_does_not_matter(order: list[int], scores: list[float]) -> None:
    truth = [place % 2 == 0 for place in range(12)]
    one = tell_members(scores, truth, "test", draws=20)
    other = tell_members([scores[at] for at in order], [truth[at] for at in order], "test", draws=20)
    assert one == other


@FEW
@given(st.lists(SCORES, min_size=8, max_size=8))
def test_turned_scores_turn_auc_and_advantage(scores: list[float]) -> None:
    truth = [True, False] * 4
    one = tell_members(scores, truth, "test", draws=20)
    other = tell_members([-score for score in scores], truth, "test", draws=20)
    assert one.auc.value + other.auc.value == pytest.approx(1)
    assert one.advantage.value == pytest.approx(-other.advantage.value)
