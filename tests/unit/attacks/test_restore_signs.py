"""Random signs put back: the posterior mean by hand, when it is certain, when there is nothing to put back."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.attacks.matched.brain import Brain
from bench.attacks.matched.filters import filters_for
from bench.attacks.matched.signs import restored, tossed
from bench.attacks.restore_signs import RestoreSigns
from bench.metrics.matched_filter import filter_matrix
from bench.metrics.retrieval import score_linkage
from bench.types.claim import Linkage
from tests.trainers import trainer_in
from tests.unit.attacks.mixtures.gaussians import cohort, view

SHAPE = (1, 16, 16, 16)
CENTRE = 0.5
PEOPLE = 24


def brains(count: int, seed: int) -> Tensor:
    """Images that deviate a little from one brain of two tissues; 0 outside of it."""
    tissue = torch.zeros(SHAPE)
    tissue[:, 2:14, 2:14, 2:14] = 0.3
    tissue[:, 5:11, 5:11, 5:11] = 0.7
    noise = torch.randn((count, *SHAPE), generator=torch.Generator().manual_seed(seed))
    return (tissue + 0.05 * noise) * (tissue > 0)


def flipped(images: Tensor, seed: int = 7) -> list[Tensor]:
    """Releases of one query each: centred images with fresh signs."""
    coins = torch.randint(0, 2, images.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return list((coins * (images - CENTRE))[:, None])


OWN = brains(40, seed=1)
INSIDE = Brain.of(OWN).inside
TARGETS = brains(PEOPLE, seed=2)


def test_signs_that_brains_leave_no_doubt_about_come_back() -> None:
    found = torch.cat(restored(flipped(TARGETS), OWN))
    # Tissues lie four deviations from the centre; one voxel in thirty thousand lies beyond it.
    assert float((found - TARGETS).abs().mean()) < 1e-3
    assert bool((found[:, ~INSIDE] == 0).all())


def test_the_estimate_is_the_posterior_mean() -> None:
    """Two values are possible; weighed by their densities they average to what is returned."""
    found = torch.cat(restored(flipped(TARGETS), OWN))
    magnitude = (TARGETS - CENTRE).abs()
    expected = OWN.mean(dim=0) - CENTRE
    power = magnitude.square().mean(dim=0)
    person, voxel = 3, (0, 6, 7, 8)
    a, mean = float(magnitude[person][voxel]), float(expected[voxel])
    variance = float(power[voxel]) - mean**2
    plus, minus = (math.exp(-((value - mean) ** 2) / (2 * variance)) for value in (a, -a))
    assert float(found[person][voxel]) - CENTRE == pytest.approx(a * (plus - minus) / (plus + minus), rel=1e-4)


def test_nothing_is_claimed_where_brains_lie_around_the_centre() -> None:
    own, targets = (image.clone() for image in (OWN, TARGETS))
    for images, seed in ((own, 11), (targets, 12)):
        noise = torch.randn(len(images), generator=torch.Generator().manual_seed(seed))
        images[:, 0, 4, 4, 4] = CENTRE + 0.2 * noise
    found = torch.cat(restored(flipped(targets), own))[:, 0, 4, 4, 4] - CENTRE
    assert float(found.abs().mean()) < 0.35 * 0.2


@pytest.mark.parametrize("what", ["clean", "noisy", "filtered", "centred", "one"])
def test_what_is_no_coin_is_left_alone(what: str) -> None:
    rng = torch.Generator().manual_seed(3)
    weights = torch.randn(SHAPE, generator=rng)
    releases = {
        "clean": TARGETS,
        "noisy": TARGETS + 0.4 * torch.randn(TARGETS.shape, generator=rng),
        "filtered": TARGETS * weights,  # as often negative as positive, and always in the same voxels
        "centred": TARGETS - CENTRE,
        "one": torch.cat(flipped(TARGETS[:1])),  # of a single release nobody can tell
    }[what]
    assert not tossed(list(releases[:, None]), INSIDE)
    assert tossed(flipped(TARGETS), INSIDE)


def test_people_are_found_behind_random_signs() -> None:
    attack = RestoreSigns(whiten=0)
    claim: Any = attack.run(view(attack, flipped(TARGETS), cohort(OWN)), trainer_in(Path("unused")))
    assert claim.details["signs put back"]
    assert _map(claim.filters) == 1.0
    blind = filters_for(torch.cat(flipped(TARGETS)), OWN, 0)
    assert _map(blind) < 0.4  # chance is .16 among 24


def test_releases_with_their_signs_are_taken_as_they_are() -> None:
    attack = RestoreSigns(whiten=4)
    claim: Any = attack.run(view(attack, list(TARGETS[:, None]), cohort(OWN)), trainer_in(Path("unused")))
    assert not claim.details["signs put back"]
    assert torch.equal(claim.images, TARGETS.clamp(0, 1))
    assert torch.allclose(claim.filters, filters_for(TARGETS, OWN, 4), atol=1e-5)


def _map(filters: Tensor) -> float:
    """Every person's release and, as the scan to find, a second image of hers."""
    later = TARGETS + 0.02 * torch.randn(TARGETS.shape, generator=torch.Generator().manual_seed(5)) * INSIDE
    scores = filter_matrix(filters, later, OWN.mean(dim=0))
    whole = torch.zeros(2 * PEOPLE, 2 * PEOPLE)
    whole[:PEOPLE, PEOPLE:] = scores
    whole[:PEOPLE, :PEOPLE] = -2
    people = [f"p{number}" for number in range(PEOPLE)] * 2
    return score_linkage(Linkage(whole, probes=tuple(range(PEOPLE))), people, 0).map.value
