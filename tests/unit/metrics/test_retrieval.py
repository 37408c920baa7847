"""Re-identification scores: hand-computed matrices, chance, ties, and what is refused."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.errors import BenchError
from bench.metrics.retrieval import Retrieval, score_linkage
from bench.types.claim import Linkage

SCORES = ("macro_f1", "rank1", "cmc5", "map")


def scored(scores: Tensor | list[list[float]], people: str, seed: int = 0) -> Retrieval:
    """Scores of a matrix whose rows belong to the people named by single letters."""
    matrix = scores if isinstance(scores, Tensor) else torch.tensor(scores)
    return score_linkage(Linkage(matrix), list(people), seed)


def values(result: Retrieval) -> dict[str, float]:
    return {name: getattr(result, name).value for name in SCORES}


def assert_chance(results: list[Retrieval], name: str) -> None:
    """The mean over many linkages lies within four standard errors of the chance level."""
    found = np.array([getattr(result, name).value for result in results])
    chance = getattr(results[0], f"chance_{name}")
    assert found.mean() == pytest.approx(chance, abs=4 * found.std() / len(found) ** 0.5)


def same_person(people: str) -> Tensor:
    return torch.tensor([[float(a == b) for b in people] for a in people])


def test_a_perfect_linkage_scores_one_with_an_honest_lower_bound() -> None:
    people = "aabbccdd"
    result = scored(same_person(people), people)
    assert values(result) == dict.fromkeys(SCORES, 1.0)
    for name in SCORES:
        estimate = getattr(result, name)
        # Wilson at 4 of 4: 4 / (4 + 1.96^2)
        assert (estimate.low, estimate.high, estimate.n) == (pytest.approx(4 / 7.8415, abs=1e-4), 1.0, 4)


def test_the_worst_linkage_finds_nobody() -> None:
    people = "aabbccdd"
    result = scored(-same_person(people), people)
    assert (result.macro_f1.value, result.rank1.value) == (0, 0)
    # The other scan is the last of 7 candidates; the 6 strangers tie before it.
    assert result.map.value == pytest.approx(1 / 7)
    assert result.cmc5.value == 0
    assert (result.rank1.low, result.rank1.high) == (0, pytest.approx(3.8415 / 7.8415, abs=1e-4))


def test_a_hand_computed_matrix() -> None:
    # Rows a1, a2, b1, b2, c (a single scan: a candidate, no probe).
    scores = [
        [9.0, 0.9, 0.5, 0.1, 0.2],  # a1: a2 first
        [0.3, 9.0, 0.8, 0.1, 0.2],  # a2: b1 first, a1 second
        [0.1, 0.2, 9.0, 0.3, 0.4],  # b1: c first, b2 second
        [0.4, 0.3, 0.2, 9.0, 0.1],  # b2: a1, a2, then b1
        [0.0, 0.0, 0.0, 0.0, 9.0],
    ]
    result = scored(scores, "aabbc")
    assert result.rank1.value == 1 / 4
    # a: one hit, predicted twice (a1, b2), two scans: 2 * 1 / 4; b: no hit.
    assert result.macro_f1.value == pytest.approx((0.5 + 0) / 2)
    assert result.map.value == pytest.approx((1 + 1 / 2 + 1 / 2 + 1 / 3) / 4)
    assert result.cmc5.value == 1
    assert result.hits == {"a": (1.0, 0.0), "b": (0.0, 0.0)}
    assert result.average_precisions == {"a": (1.0, 0.5), "b": (0.5, pytest.approx(1 / 3))}
    assert (result.chance_rank1, result.chance_cmc5) == (1 / 4, 1)
    assert result.chance_map == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert result.rank1.n == 2


def test_probes_weigh_the_same_in_rank1_and_people_in_macro_f1() -> None:
    # a has three scans that find each other, b two that find a.
    people = "aaabb"
    scores = same_person(people)
    scores[3:, 3:] = 0
    scores[3:, 0] = 1
    result = scored(scores, people)
    assert result.rank1.value == pytest.approx(3 / 5)
    assert result.macro_f1.value == pytest.approx((2 * 3 / (3 + 5) + 0) / 2)


def test_cmc_counts_the_first_five() -> None:
    people = "aabcdefg"
    scores = torch.arange(8.0).expand(8, 8).clone()
    scores[0, 1], scores[1, 0] = 2.5, 3.5  # a2 behind 5 strangers, a1 behind 4
    assert scored(scores, people).cmc5.value == 1 / 2


def test_the_diagonal_is_ignored() -> None:
    people = "aabb"
    scores = torch.rand(4, 4, generator=torch.Generator().manual_seed(0))
    expected = values(scored(scores, people))
    for own in (torch.nan, torch.inf, -1e9):
        assert values(scored(scores.clone().fill_diagonal_(own), people)) == expected


def test_constant_scores_find_people_by_chance_alone() -> None:
    people = "aaabbccddeeffgh"
    results = [scored(torch.zeros(15, 15), people, seed) for seed in range(80)]
    for name in SCORES:
        assert_chance(results, name)


def test_constant_scores_have_an_interval_around_chance() -> None:
    found = scored(torch.zeros(30, 30), [person for person in "abcdefghijklmno" for _ in range(2)])
    assert found.map.low < found.chance_map < found.map.high
    assert found.map.high - found.map.low < 0.05


def test_random_scores_give_chance_in_all_four() -> None:
    people = "aaabbccddeeffgh"
    rng = torch.Generator().manual_seed(0)
    results = [scored(torch.rand(15, 15, generator=rng), people, seed) for seed in range(80)]
    for name in SCORES:
        assert_chance(results, name)


def test_ties_do_not_follow_the_order_of_the_rows() -> None:
    # Each scan stands beside the other one of its person: breaking ties by index would help or hurt.
    people = "aabb"
    results = [scored(torch.ones(4, 4), people, seed) for seed in range(80)]
    assert results[0].chance_rank1 == pytest.approx(1 / 3)
    assert_chance(results, "rank1")


def test_same_seed_same_scores() -> None:
    ones = torch.ones(6, 6)
    first, again = scored(ones, "aabbcc", 5), scored(ones, "aabbcc", 5)
    assert [getattr(first, name) for name in SCORES] == [getattr(again, name) for name in SCORES]
    assert first.hits == again.hits
    assert first.chance_macro_f1 == again.chance_macro_f1


def test_one_person_has_scores_without_an_interval() -> None:
    result = scored(same_person("aabc"), "aabc")
    assert values(result) == dict.fromkeys(SCORES, 1.0)
    assert all(math.isnan(getattr(result, name).low) and math.isnan(getattr(result, name).high) for name in SCORES)


def test_intervals_hold_their_values() -> None:
    people = "".join(letter * 3 for letter in "abcdefgh")
    scores = same_person(people) + 2 * torch.rand(24, 24, generator=torch.Generator().manual_seed(1))
    result = scored(scores, people)
    for name in SCORES:
        estimate = getattr(result, name)
        assert 0 <= estimate.low < estimate.value < estimate.high <= 1
        assert estimate.n == 8


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    scores = torch.zeros(4, 4)
    scores[1, 3] = bad
    with pytest.raises(
        ValueError, match=r"finite off the diagonal, got .* for probe 1 and candidate 3 \(1 such scores"
    ):
        scored(scores, "aabb")


@pytest.mark.parametrize("shape", [(4, 3), (3, 3), (5, 5)])
def test_a_matrix_of_another_shape_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"linkage scores must be 4 x 4, .* got \({shape[0]}, {shape[1]}\)"):
        scored(torch.zeros(shape), "aabb")


def test_a_cohort_without_second_scans_is_refused() -> None:
    with pytest.raises(BenchError, match="nobody among 4 people has two scans"):
        scored(torch.zeros(4, 4), "abcd")
