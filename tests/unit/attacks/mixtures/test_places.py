"""Mixtures with an alpha and references of their own in every cube."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bench.attack import Attack
from bench.attacks.linear_inversion import LinearInversion
from bench.attacks.mixtures.equations import error_fraction
from bench.attacks.mixtures.places import Place, Solved, solve_everywhere
from bench.attacks.tta_mean import TtaMean
from bench.errors import BenchError
from bench.models.pieces import cut, paste
from bench.types.claim import Reconstruction
from bench.types.traffic import Release, Transcript
from bench.view import view_for
from tests.trainers import trainer_in
from tests.unit.attacks.mixtures.gaussians import SIDE, cohort, draw, missed

EDGE = SIDE // 2
GRID = (SIDE, SIDE, SIDE)
OWN = cohort(draw(24, seed=200))
TARGETS = draw(12, seed=201)
ALPHAS = torch.linspace(0.3, 0.9, 8)
"""One a cube, the same for everybody, so that the answer is known cube by cube."""


def by_cube(queries: int, references: Tensor, chosen: Tensor) -> list[Release]:
    """Everybody's scan, mixed cube by cube."""
    weights = paste(ALPHAS.reshape(-1, 1, 1, 1, 1).expand(-1, 1, EDGE, EDGE, EDGE), GRID, EDGE)
    sent = []
    for target, picked in zip(TARGETS, chosen, strict=True):
        sent.append(Release(weights * target + (1 - weights) * references[picked], EDGE))
    assert len(sent[0]) == queries
    return sent


def run(attack: Attack, releases: list[Release]) -> Reconstruction:
    seen = view_for(attack.name, attack.threat, Transcript(releases), {"auxiliary": OWN}, OWN.classes, 1.0)
    claim = attack.run(seen, trainer_in(Path("unused")))
    assert isinstance(claim, Reconstruction)
    return claim


@pytest.mark.parametrize("attack", [TtaMean(), LinearInversion()])
def test_every_cube_is_taken_apart_by_its_own_alpha(attack: Attack) -> None:
    releases = by_cube(5, draw(60, seed=202), torch.arange(60).reshape(12, 5))
    claim = run(attack, releases)
    errors, truths = (cut(volumes, EDGE).unflatten(0, (12, 8)) for volumes in (claim.images, TARGETS))
    for place, alpha in enumerate(ALPHAS.tolist()):
        assert torch.tensor(claim.details["alpha"][place]).mean() == pytest.approx(alpha, abs=0.05)
        found = missed(errors[:, place], truths[:, place])
        assert found == pytest.approx(error_fraction(alpha, 5), abs=0.06)
    as_one = run(attack, [replace(release, piece=None) for release in releases])
    assert missed(claim.images, TARGETS) < 0.8 * missed(as_one.images, TARGETS)


def test_ties_are_found_in_every_cube() -> None:
    generator = torch.Generator().manual_seed(3)
    chosen = torch.stack([torch.randperm(8, generator=generator)[:4] for _ in TARGETS])
    releases = by_cube(4, draw(8, seed=203), chosen)
    claim = run(LinearInversion(), releases)
    assert claim.details["references"] == [8] * 8
    assert missed(claim.images, TARGETS) < 0.5 * missed(run(TtaMean(), releases).images, TARGETS)


def test_air_is_taken_as_it_is_and_an_uneven_grid_is_put_together_again() -> None:
    images = draw(4, seed=204)[..., : SIDE - 3]
    images[..., EDGE:, :, :] = 0  # two of eight cubes in depth are air for the attacker
    own = cohort(images)
    sent = [Release(draw(2, seed=205 + i)[..., : SIDE - 3], EDGE) for i in range(3)]
    asked = []

    def solve(place: Place) -> Solved:
        asked.append(place.own.shape)
        return Solved(torch.stack([query[0] for query in place.queries]), {"seen": len(place.queries)})

    solved = solve_everywhere(own, sent, solve)
    assert asked == [(EDGE, EDGE, EDGE)] * 4
    assert solved.details == {"seen": [3] * 4}
    first, mean = torch.stack([r.queries[0] for r in sent]), torch.stack([r.queries.mean(dim=0) for r in sent])
    torch.testing.assert_close(solved.images[..., :EDGE, :, :], first[..., :EDGE, :, :])
    torch.testing.assert_close(solved.images[..., EDGE:, :, :], mean[..., EDGE:, :, :])


def test_releases_that_were_cut_in_different_ways_are_refused() -> None:
    sent = [Release(draw(1, seed=206), edge) for edge in (EDGE, None)]
    with pytest.raises(BenchError, match="different edges"):
        solve_everywhere(OWN, sent, lambda place: Solved(place.queries[0], {}))
