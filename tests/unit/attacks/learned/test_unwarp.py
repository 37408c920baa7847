"""Warping back: a known warp, no warp, and the direction of the forces."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.unwarp import Unwarp
from bench.models.diffeomorphism import exponential, in_lattice_units, on_voxels, warp
from bench.models.score.anatomy import Anatomy
from bench.models.unwarping import Unwarper, coarse, demons_forces
from bench.types.scan import Cohort
from tests.conftest import toy_cohort
from tests.trainers import trainer_in
from tests.unit.attacks.learned.owned import error, sent, view

SHAPE = (20, 24, 20)


def alike(people: range) -> Cohort:
    """People with one coarse pattern in common, and a little of their own."""
    rng = torch.Generator().manual_seed(6)
    common = F.interpolate(torch.rand(1, 1, 5, 6, 5, generator=rng), size=SHAPE, mode="trilinear")[0]
    scans = []
    for scan in toy_cohort(people, 1):
        own = torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(int(scan.subject[-2:])))
        scans.append(dataclasses.replace(scan, image=(common + 0.02 * own).clamp(0, 1)))
    return toy_cohort(people, 1).only(tuple(scans))


OWN, VICTIMS = alike(range(8)), alike(range(8, 12))


def warped(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Under a random smooth warp of two voxels."""
    shape = image.shape[1:]
    velocity = torch.from_numpy(rng.uniform(-2, 2, (1, 3, 4, 4, 4)).astype(np.float32))
    flow = exponential(in_lattice_units(velocity, shape))
    return warp(image[None], on_voxels(flow, shape, torch.zeros(1, 3, dtype=torch.long), shape))


def test_untrained_it_leaves_volumes_alone() -> None:
    unwarper = Unwarper(Anatomy.of(OWN.scans), (4, 4), bound=3.0)
    x = VICTIMS.scans[0].image[None]
    assert float(unwarper.displacement(x).detach().abs().max()) == 0
    assert torch.allclose(unwarper(x), x, atol=1e-5)


def test_a_known_smooth_warp_is_undone_in_part(tmp_path: Path) -> None:
    attack = Unwarp(keys=8, invented=0, bound=24.0, widths=(8, 16, 16), batch=4, iterations=100, learning_rate=4e-3)
    releases = sent(warped, VICTIMS)
    claim = attack.run(view(attack, releases, OWN, warped), trainer_in(tmp_path))
    nothing = error(torch.cat([release.queries for release in releases]), VICTIMS)
    assert error(claim.images, VICTIMS) < 0.7 * nothing


def test_forces_point_to_where_the_atlas_is_read() -> None:
    ramp = 0.5 + 0.1 * torch.arange(12.0)[None, None, :, None, None].expand(1, 1, 12, 8, 8)
    shifted = ramp - 0.1  # what stood at i stands at i + 1: reading one voxel further on gives the ramp
    forces = demons_forces(shifted, ramp)
    assert float(forces[0, 0].mean()) == pytest.approx(0.1 * 0.1 / (0.1**2 + 0.05**2), rel=1e-3)
    assert float(forces[0, 1:].abs().max()) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("shape", [(28, 36, 28), (40, 48, 40)])
def test_a_node_of_its_lattice_looks_at_the_place_where_the_lattice_puts_it(shape: tuple[int, int, int]) -> None:
    copy = coarse(torch.rand(1, 1, *shape))
    convolutions = torch.nn.Sequential(
        torch.nn.Conv3d(1, 1, 3, stride=2, padding=1), torch.nn.Conv3d(1, 1, 3, stride=2, padding=1)
    )
    for layer in convolutions:
        torch.nn.init.constant_(layer.weight, 1.0)
    copy.requires_grad_()
    lattice = convolutions(copy)[0, 0]
    node = tuple(side - 2 for side in lattice.shape)  # far from the first corner, and no border near
    (seen,) = torch.autograd.grad(lattice[node], copy)
    for axis in range(3):
        profile = seen[0, 0].sum(dim=[other for other in range(3) if other != axis])
        centre = float((profile * torch.arange(len(profile))).sum() / profile.sum()) / (len(profile) - 1)
        assert centre == pytest.approx(node[axis] / (lattice.shape[axis] - 1), abs=1e-5)


def test_settings_that_make_no_network_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Unwarper(Anatomy.of(OWN.scans), (4,), bound=1.0)
    with pytest.raises(ValueError, match="bound must be > 0"):
        Unwarper(Anatomy.of(OWN.scans), (4, 4), bound=0.0)
