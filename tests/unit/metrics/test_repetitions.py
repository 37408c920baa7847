"""Several repetitions of the traffic under fresh keys, scored together."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from bench.metrics.comparisons import compare
from bench.metrics.retrieval import score_linkage
from bench.metrics.unenrolled import unenrolled_precisions
from bench.metrics.union import alarm_rates, union
from bench.metrics.verification import verify
from bench.types.claim import Linkage, each

PEOPLE = [person for person in "abcdefgh" for _ in range(2)]
NOBODY_KNOWS = 200
"""Simulated cohorts; their share is uncertain by 3 points (two standard errors)."""


def noise(rng: np.random.Generator, people: Sequence[str] = PEOPLE) -> Linkage:
    scores = rng.normal(size=(len(people), len(people)))
    return Linkage(torch.from_numpy(scores + scores.T))


def certain(people: Sequence[str] = PEOPLE) -> Linkage:
    return Linkage(torch.tensor([[float(a == b) for b in people] for a in people]))


def test_one_repetition_in_a_list_is_that_linkage() -> None:
    linkage = noise(np.random.default_rng(0))
    assert score_linkage([linkage], PEOPLE, 0).map == score_linkage(linkage, PEOPLE, 0).map
    assert verify([linkage], PEOPLE, 0, draws=20) == verify(linkage, PEOPLE, 0, draws=20)


def test_scores_are_means_over_repetitions() -> None:
    rng = np.random.default_rng(0)
    linkages = [noise(rng), certain(), noise(rng)]
    alone = [score_linkage(linkage, PEOPLE, 0) for linkage in linkages]
    together = score_linkage(linkages, PEOPLE, 0)
    for name in ("map", "rank1", "cmc5", "macro_f1"):
        expected = np.mean([getattr(one, name).value for one in alone])
        assert getattr(together, name).value == pytest.approx(expected), name
    assert together.map_by_key == pytest.approx([one.map.value for one in alone])
    assert together.map_by_key[1] == 1
    assert {person: len(values) for person, values in together.average_precisions.items()} == dict.fromkeys(
        "abcdefgh", 6
    )


def test_people_with_more_scans_weigh_more() -> None:
    people = ["a", "a", "a", "b", "b"]
    scores = torch.zeros(5, 5)
    scores[:3, :3] = 1  # a is found at once; b finds three strangers first, who are all equally alike
    scores[3:, :3] = 0.5
    found = score_linkage(Linkage(scores), people, 0)
    assert found.map.value == pytest.approx((3 * 1 + 2 * 0.25) / 5)
    assert 0 <= found.map.low <= found.map.value <= found.map.high <= 1


def test_repetitions_add_comparisons_but_support_no_smaller_rate() -> None:
    linkage = noise(np.random.default_rng(0))
    once, thrice = verify(linkage, PEOPLE, 0, draws=20), verify([linkage] * 3, PEOPLE, 0, draws=20)
    assert thrice.impostors == 3 * once.impostors
    assert thrice.smallest_fpr == once.smallest_fpr
    assert thrice.auc.value == pytest.approx(once.auc.value)
    assert thrice.subject_tprs == pytest.approx(once.subject_tprs)
    assert compare([linkage] * 3, PEOPLE).supporting == once.impostors


def test_one_threshold_serves_all_repetitions() -> None:
    # The second repetition scores everything higher, so its strangers are the false alarms.
    low = certain()
    high = Linkage(certain().scores + 10)
    rates = alarm_rates([low, high], PEOPLE)
    assert rates.shape == (2, 16, 16)
    assert rates[0, 0, 1] > rates[1, 0, 2] > rates[1, 0, 1]


def test_the_union_joins_repetition_by_repetition() -> None:
    rng = np.random.default_rng(1)
    first, second = [noise(rng), certain()], [certain(), noise(rng)]
    joined = union({"first": first, "second": second}, PEOPLE)
    assert len(joined) == 2
    assert verify(joined, PEOPLE, 0, draws=20).auc.value > verify(first, PEOPLE, 0, draws=20).auc.value
    with pytest.raises(ValueError, match="same repetitions"):
        union({"first": first, "second": second[:1]}, PEOPLE)


def test_strangers_are_looked_for_in_every_repetition() -> None:
    rng = np.random.default_rng(2)
    first, second = noise(rng), noise(rng)
    together = unenrolled_precisions([first, second], PEOPLE, 0)
    alone = [unenrolled_precisions(linkage, PEOPLE, 0) for linkage in (first, second)]
    assert together == pytest.approx({person: np.mean([one[person] for one in alone]) for person in "abcdefgh"})


def test_no_repetition_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        each([])


def test_who_knows_nothing_scores_chance_within_the_interval() -> None:
    """On noise the average precision is so skewed that one repetition of few people is not enough; three are."""
    people = [str(scan // 2) for scan in range(24)]
    rng = np.random.default_rng(0)
    covered = {1: 0, 3: 0}
    for seed in range(NOBODY_KNOWS):
        linkages = [noise(rng, people) for _ in range(3)]
        for repetitions in covered:
            found = score_linkage(linkages[:repetitions], people, seed)
            covered[repetitions] += found.map.low <= found.chance_map <= found.map.high
    assert 0.92 <= covered[3] / NOBODY_KNOWS <= 0.98
    assert covered[1] < covered[3]
