"""What must hold for any scores and any images: order of people and scans means nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from bench.metrics.msssim import MsSsimSettings
from bench.metrics.pairwise_msssim import ms_ssim_matrix
from bench.metrics.retrieval import Retrieval, score_linkage
from bench.types.claim import Linkage

COHORTS = st.lists(st.integers(0, 4), min_size=3, max_size=10).filter(lambda who: len(set(who)) < len(who))


def random_scores(scans: int, seed: int) -> torch.Tensor:
    """Scores without ties."""
    return torch.randperm(scans * scans, generator=torch.Generator().manual_seed(seed)).reshape(scans, scans).double()


def numbers(result: Retrieval) -> list[float]:
    estimates = [result.macro_f1, result.rank1, result.cmc5, result.map]
    chances = [result.chance_rank1, result.chance_cmc5, result.chance_map]
    return [bound for e in estimates for bound in (e.value, e.low, e.high, float(e.n))] + chances


@settings(deadline=None, max_examples=25)
@given(who=COHORTS, seed=st.integers(0, 2**31), data=st.data())
def test_order_of_scans_does_not_matter_to_retrieval(who: list[int], seed: int, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(who))))
    scores = random_scores(len(who), seed)
    names = [f"person {person}" for person in who]
    plain = score_linkage(Linkage(scores), names, 0)
    moved = score_linkage(Linkage(scores[order][:, order]), [names[k] for k in order], 0)
    assert numbers(moved) == pytest.approx(numbers(plain), nan_ok=True, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(who=COHORTS, seed=st.integers(0, 2**31))
def test_names_of_people_and_rising_maps_of_scores_do_not_matter(who: list[int], seed: int) -> None:
    scores = random_scores(len(who), seed)
    plain = score_linkage(Linkage(scores), [f"person {person}" for person in who], 0)
    renamed = score_linkage(Linkage((scores / 50).exp()), [f"other {9 - person}" for person in who], 0)
    assert numbers(renamed) == pytest.approx(numbers(plain), nan_ok=True, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(who=COHORTS, seed=st.integers(0, 2**31))
def test_retrieval_agrees_with_scikit_learn(who: list[int], seed: int) -> None:
    people, scores = np.array(who), random_scores(len(who), seed)
    repeated = [person for person in set(who) if who.count(person) > 1]
    probes = [row for row, person in enumerate(who) if person in repeated]
    alone = scores.clone().fill_diagonal_(-1).numpy()
    best = people[alone[probes].argmax(axis=1)]
    precisions = [
        average_precision_score(np.delete(people, row) == people[row], np.delete(alone[row], row)) for row in probes
    ]
    result = score_linkage(Linkage(scores), [str(person) for person in who], 0)
    macro = f1_score(people[probes], best, labels=repeated, average="macro", zero_division=0)
    assert result.macro_f1.value == pytest.approx(macro)
    assert result.rank1.value == pytest.approx(np.mean(best == people[probes]))
    assert result.map.value == pytest.approx(np.mean(precisions))


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(5)), seed=st.integers(0, 2**31))
def test_permuting_images_permutes_their_similarities(order: list[int], seed: int) -> None:
    images = torch.rand(5, 1, 15, 17, 14, generator=torch.Generator().manual_seed(seed))
    images = 0.5 * images + 0.5 * images[:1]
    chosen = MsSsimSettings(levels=2)
    expected = ms_ssim_matrix(images, chosen)[order][:, order]
    torch.testing.assert_close(ms_ssim_matrix(images[order], chosen), expected, rtol=0, atol=1e-6)
