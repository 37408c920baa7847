"""Verification scores: hand-computed comparisons, supported rates, ties, extremes, and what is refused."""

import math
import time

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.metrics import verification
from bench.metrics.verification import FPRS, OperatingPoint, Verification, smallest_supported_fpr, verify
from bench.types.claim import Linkage
from bench.types.estimate import Estimate


def verified(scores: Tensor, people: str, seed: int = 0, draws: int = 200) -> Verification:
    return verify(Linkage(scores), list(people), seed, draws=draws)


def same_person(people: str) -> Tensor:
    return torch.tensor([[float(a == b) for b in people] for a in people])


def numbers(point: OperatingPoint | None) -> Estimate:
    assert point is not None
    assert point.tpr is not None
    return point.tpr


def noisy() -> Tensor:
    return torch.rand(5, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("impostors", "smallest"), [(19, None), (20, 1.0), (200, 0.1), (1999, 20 / 1999), (2000, 0.01), (20000, 0.001)]
)
def test_an_fpr_needs_ten_expected_pairs(impostors: int, smallest: float | None) -> None:
    assert smallest_supported_fpr(impostors) == smallest


def test_unsupported_rates_are_no_numbers() -> None:
    # 12 people, 3 scans: 36 * 35 - 12 * 6 = 1188 impostor comparisons support 10 %, not 1 %.
    people = "".join(letter * 3 for letter in "abcdefghijkl")
    result = verified(same_person(people), people)
    assert (result.genuine, result.impostors, result.smallest_fpr) == (72, 1188, 20 / 1188)
    assert [point.fpr for point in result.tprs] == list(FPRS)
    assert [point.tpr is None for point in result.tprs] == [False, True, True]
    assert min(point.fpr for point in result.roc) == 20 / 1188
    assert all(point.tpr is not None for point in result.roc)


def test_the_headline_moves_to_the_smallest_supported_rate() -> None:
    for letters, fpr in (("abcdefghijkl", 20 / 1188), ("abcdefghijklmnopqrst", 0.01)):
        people = "".join(letter * 3 for letter in letters)
        result = verified(same_person(people), people)
        assert result.headline == next(point for point in result.roc if point.fpr == fpr)


def test_too_few_impostors_support_no_rate() -> None:
    result = verified(same_person("aab"), "aab")
    assert (result.impostors, result.smallest_fpr, result.headline, result.threshold) == (4, None, None, None)
    assert (result.roc, dict(result.subject_fprs), dict(result.subject_tprs)) == ((), {}, {})
    assert [point.tpr for point in result.tprs] == [None, None, None]
    assert result.auc.value == 1


def test_the_roc_has_evenly_spaced_points_on_a_logarithmic_axis() -> None:
    people = "".join(letter * 3 for letter in "abcdefghijkl")
    scores = torch.rand(36, 36, generator=torch.Generator().manual_seed(0)) + 0.3 * same_person(people)
    roc = verified(scores, people).roc
    steps = -np.diff(np.log10([point.fpr for point in roc]))
    assert roc[0].fpr == 1
    assert steps[:-1] == pytest.approx(1 / 20)
    assert 0 < steps[-1] <= 1 / 20
    tprs = [numbers(point).value for point in roc]
    assert tprs[0] == 1
    assert tprs == sorted(tprs, reverse=True)


def test_a_perfect_linkage_is_one_with_an_honest_lower_bound() -> None:
    people = "".join(letter * 3 for letter in "abcdefghijkl")
    result = verified(same_person(people), people)
    for estimate in (result.auc, numbers(result.headline), numbers(result.tprs[0])):
        # Wilson at 12 of 12: 12 / (12 + 1.96^2)
        assert (estimate.value, estimate.low, estimate.high) == (1, pytest.approx(12 / 15.8415, abs=1e-4), 1)
        assert estimate.n == 12
    assert set(result.subject_tprs.values()) == {1.0}
    assert set(result.subject_fprs.values()) == {0.0}


def test_the_worst_linkage_recognises_nobody() -> None:
    people = "".join(letter * 3 for letter in "abcdefghijkl")
    result = verified(-same_person(people), people)
    assert (result.auc.value, result.auc.low) == (0, 0)
    assert result.auc.high == pytest.approx(3.8415 / 15.8415, abs=1e-4)
    assert numbers(result.headline).value == 0


def test_constant_scores_recognise_nobody() -> None:
    people = "".join(letter * 3 for letter in "abcdefghijkl")
    result = verified(torch.full((36, 36), 0.7), people)
    assert result.auc.value == 0.5
    assert result.auc.low < 0.5 < result.auc.high
    for point in result.roc:
        assert numbers(point).value == (1 if point.fpr == 1 else 0)
    assert set(result.subject_fprs.values()) == {0.0}


def test_scores_of_noise_lie_within_chance() -> None:
    people = "".join(letter * 2 for letter in "abcdefghijklmnopqrst")
    rng = torch.Generator().manual_seed(0)
    results = [verified(torch.rand(40, 40, generator=rng), people, seed) for seed in range(60)]
    assert np.mean([result.auc.low <= 0.5 <= result.auc.high for result in results]) >= 0.9
    tprs = [numbers(result.tprs[0]).value for result in results]
    assert np.mean(tprs) == pytest.approx(0.1, abs=4 * np.std(tprs) / 60**0.5)


def test_rates_of_a_person_count_their_scans_as_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "EXPECTED_ALARMS", 10)
    # 5 people with 2 scans and one with 1: 11 * 10 - 10 = 100 impostor comparisons; 10 may pass at 10 %.
    people = "aabbccddeef"
    scores = torch.zeros(11, 11) + torch.rand(11, 11, generator=torch.Generator().manual_seed(0))
    scores[0, 2:11] = 5  # a1 resembles all 9 strangers
    scores[10, 4] = 5  # f resembles one
    scores[0, 1], scores[1, 0], scores[2, 3] = 6, 4, 6
    result = verified(scores, people)
    assert (result.smallest_fpr, result.headline and result.headline.fpr) == (0.1, 0.1)
    assert result.subject_fprs == {"a": 9 / 18, "b": 0, "c": 0, "d": 0, "e": 0, "f": 1 / 10}
    assert result.subject_tprs == {"a": 1, "b": 0.5, "c": 0, "d": 0, "e": 0}
    assert numbers(result.headline).value == 3 / 10
    assert result.threshold is not None
    assert 0.5 < result.threshold < 1  # the best of the others


def test_scores_may_differ_by_direction() -> None:
    people = "aabbccddee"
    scores = torch.triu(same_person(people)) - torch.tril(same_person(people))
    assert verified(scores, people).auc.value == pytest.approx(0.5)
    assert numbers(verified(scores, people).roc[-1]).value == 0.5


def test_the_diagonal_is_ignored() -> None:
    people = "aabbccdd"
    scores = torch.rand(8, 8, generator=torch.Generator().manual_seed(0))
    expected = verified(scores, people)
    for own in (torch.nan, torch.inf, -1e9):
        assert verified(scores.clone().fill_diagonal_(own), people) == expected


def test_one_recognisable_person_leaves_values_without_an_interval() -> None:
    result = verified(same_person("aabcdef"), "aabcdef")
    assert (result.auc.value, result.auc.n) == (1, 1)
    assert math.isnan(result.auc.low)
    assert math.isnan(numbers(result.headline).high)


def test_two_people_have_an_interval() -> None:
    auc = verified(noisy()[:4, :4], "aabb").auc
    assert 0 <= auc.low <= auc.value <= auc.high <= 1
    assert auc.n == 2


def test_seed_decides_the_resamples() -> None:
    people = "".join(letter * 2 for letter in "abcdefgh")
    scores = torch.rand(16, 16, generator=torch.Generator().manual_seed(0)) + 0.2 * same_person(people)
    assert verified(scores, people, 1) == verified(scores, people, 1)
    assert verified(scores, people, 1).auc != verified(scores, people, 2).auc


def test_four_hundred_scans_take_seconds() -> None:
    people = [f"person {scan // 2}" for scan in range(400)]
    scores = torch.rand(400, 400, generator=torch.Generator().manual_seed(0))
    start = time.perf_counter()
    verify(Linkage(scores), people, 0, draws=500)
    assert time.perf_counter() - start < 10  # measured: 0.5 s on one core


def test_no_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="draws must be >= 1, got 0"):
        verified(torch.zeros(4, 4), "aabb", draws=0)
