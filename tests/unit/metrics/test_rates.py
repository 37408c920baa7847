"""Rates at a threshold: hand-computed comparisons, ties, weights, and what is refused."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.errors import BenchError
from bench.metrics.comparisons import compare
from bench.metrics.rates import cut_at, rates
from bench.types.claim import Linkage


def small_table() -> Tensor:
    """Of a1, a2, b1, b2, c: 4 genuine comparisons (9, 5, 5, 1) and 16 impostor ones (7, 5, 14 of less than 1)."""
    scores = torch.arange(25.0).reshape(5, 5) / 100
    scores[0, 1], scores[1, 0], scores[2, 3], scores[3, 2] = 9, 5, 5, 1
    scores[0, 2], scores[4, 0] = 7, 5
    return scores


def rates_of_small_table(*fprs: float) -> tuple[list[float], float]:
    tprs, auc = rates(compare(Linkage(small_table()), list("aabbc")), np.ones(3, dtype=np.int64), np.array(fprs))
    return tprs.tolist(), auc


def test_the_auc_counts_wins_and_half_of_the_ties() -> None:
    # Of 16 impostors 9 beats 16, each 5 beats 14 and ties with one, 1 beats 14.
    assert rates_of_small_table(1.0)[1] == pytest.approx((16 + 2 * 14.5 + 14) / (4 * 16))


def test_a_threshold_never_splits_equal_scores() -> None:
    # None allowed: only 9 is above 7. One allowed: the impostor at 5 is not, so neither are the genuine ones there.
    assert rates_of_small_table(0.0, 1 / 16, 1.9 / 16)[0] == [1 / 4, 1 / 4, 1 / 4]
    assert rates_of_small_table(2 / 16, 0.5, 1.0)[0] == [1, 1, 1]


def test_weights_count_pairs_with_their_product() -> None:
    # a twice, b once, c never: genuine 9, 5 twice and 5, 1 once; impostors a-b: 8 pairs, each twice; 7 is one.
    comparisons = compare(Linkage(small_table()), list("aabbc"))
    weights = np.array([{"a": 2, "b": 1, "c": 0}[person] for person in comparisons.people])
    tpr, auc = rates(comparisons, weights, np.array([1.9 / 16, 2 / 16]))
    assert tpr.tolist() == pytest.approx([2 / 6, 1])
    # 9 (twice) beats 16, 5 (twice and once) and 1 (once) beat 14.
    assert auc == pytest.approx((2 * 16 + 3 * 14 + 14) / (6 * 16))


def test_the_cut_counts_what_it_accepts() -> None:
    comparisons = compare(Linkage(small_table()), list("aabbc"))
    cuts = [cut_at(comparisons, fpr) for fpr in (0.0, 1 / 16, 2 / 16, 1.0)]
    assert [cut.threshold for cut in cuts] == [7.0, 5.0, pytest.approx(0.23), -math.inf]
    assert [(cut.impostors, cut.genuine) for cut in cuts] == [(0, 1), (1, 1), (2, 4), (16, 4)]


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    scores = torch.zeros(4, 4)
    scores[1, 3] = bad
    with pytest.raises(ValueError, match=r"finite off the diagonal, got .* for probe 1 and candidate 3"):
        compare(Linkage(scores), list("aabb"))


def test_a_matrix_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"linkage scores must be 4 x 4, .* got \(4, 3\)"):
        compare(Linkage(torch.zeros(4, 3)), list("aabb"))


def test_cohorts_without_genuine_or_without_impostor_comparisons_are_refused() -> None:
    with pytest.raises(BenchError, match="nobody among 4 people has two scans"):
        compare(Linkage(torch.zeros(4, 4)), list("abcd"))
    with pytest.raises(BenchError, match="one person only"):
        compare(Linkage(torch.zeros(3, 3)), list("aaa"))
