"""Deformation-Proxy: what a key does to a scan and how it is undone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from bench.data.pairs import PairSampler
from bench.defenses.deformation_proxy import CODE, DeformationProxy, Fields, lowest_determinant
from bench.defenses.deformation_training import (
    DeformationObjective,
    DeformedPairs,
    Geometry,
    Weights,
    difference,
    middle,
    not_undone,
    roughness,
)
from bench.errors import BenchError
from bench.metrics.dice import dice_of_probabilities
from bench.models.diffeomorphism import VelocityGenerator, warp, warp_sharply
from bench.models.segmentation_loss import one_hot
from bench.models.siamese import small_siamese
from bench.types.scan import Roles
from bench.types.traffic import Reply
from tests.conftest import toy_cohort, toy_scan
from tests.trainers import trainer_in

SHAPE = (40, 48, 40)
DEFENSE = DeformationProxy(generator_widths=(16, 8, 8), smoothing=1.0)
SCAN = toy_scan(3, 0, SHAPE)


def generator(gain: float) -> VelocityGenerator:
    """An untrained generator whose warps are as strong as a trained one's (tanh nearly saturates) at gain 20."""
    torch.manual_seed(0)
    made = VelocityGenerator(CODE, (16, 8, 8), 1.0).requires_grad_(False)
    for parameter in made.head.parameters():
        parameter.mul_(gain)
    return made


CLIENT = generator(20)
STILL = generator(0)


def key(seed: int) -> torch.Tensor:
    return DEFENSE.draw_key(np.random.default_rng(seed), ())


def test_a_generator_that_moves_nothing_sends_the_scan() -> None:
    sent = DEFENSE.protect(SCAN.image, key(0), STILL).queries
    torch.testing.assert_close(sent[0], SCAN.image, atol=1e-5, rtol=0)
    maps = one_hot(SCAN.labels[None], 4)
    torch.testing.assert_close(DEFENSE.recover(Reply(maps), key(0), STILL), maps[0])


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_a_warp_does_not_fold_stays_within_its_bound_and_is_undone(seed: int) -> None:
    fields = DEFENSE.fields(key(seed), CLIENT, SHAPE)
    assert lowest_determinant(fields) > 0
    assert 0.3 < float(fields.phi.abs().max()) <= DEFENSE.bound(SHAPE) + 1e-3
    inner = (..., *3 * (slice(4, -4),))
    left = (fields.phi + warp(fields.inverse, fields.phi))[inner].abs()
    assert float(left.mean()) < 0.05


def smooth_scan() -> torch.Tensor:
    """As smooth as a scan that has been sampled well: sampling noise is lost by any interpolation."""
    from scipy.ndimage import gaussian_filter

    return torch.from_numpy(gaussian_filter(SCAN.image.numpy(), (0, 1, 1, 1)))


def test_a_scan_comes_back_from_the_round_trip() -> None:
    brain, image = SCAN.labels > 0, smooth_scan()
    for seed in range(4):
        fields = DEFENSE.fields(key(seed), CLIENT, SHAPE)
        sent = warp_sharply(image[None], fields.phi)
        returned = warp_sharply(sent, fields.inverse)
        changed, lost = ((volume - image).abs()[0][brain].mean() for volume in (sent[0], returned[0]))
        assert float(lost) < 0.02
        assert float(lost) < 0.25 * float(changed)


def test_an_answer_of_a_perfect_server_is_recovered() -> None:
    """An oracle segments phi.x as phi.y."""
    for seed in range(3):
        y = one_hot(SCAN.labels[None], 4)
        answer = warp(y, DEFENSE.fields(key(seed), CLIENT, SHAPE).phi)
        recovered = DEFENSE.recover(Reply(answer), key(seed), CLIENT)
        found = dice_of_probabilities(recovered, SCAN.labels, ("background", "outer", "middle", "inner"))
        assert min(found.values()) > 0.95
        unwarped = dice_of_probabilities(answer[0], SCAN.labels, ("background", "outer", "middle", "inner"))
        assert np.mean(list(found.values())) > np.mean(list(unwarped.values()))
        torch.testing.assert_close(recovered.sum(dim=0), torch.ones(SHAPE), atol=1e-4, rtol=0)


def test_two_keys_send_two_different_images() -> None:
    one, other = (DEFENSE.protect(SCAN.image, key(seed), CLIENT).queries for seed in (0, 1))
    assert float((one - other).abs()[0, 0][SCAN.labels > 0].mean()) > 0.03


class Folding(nn.Module):
    """Folds space for every code whose first number is negative; otherwise moves nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.device_of = nn.Parameter(torch.zeros(()))

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        wave = torch.tensor([1.0, -1.0]).repeat(8).expand(1, 3, 16, 16, 16)
        return 9 * wave * (code[0, 0] < 0)


def test_a_code_that_folds_gives_way_to_the_next_and_all_folding_is_refused() -> None:
    codes = torch.ones(3, CODE)
    codes[:2, 0] = -1
    assert not DEFENSE.fields(codes, Folding(), SHAPE).phi.any()
    with pytest.raises(BenchError, match=r"all 2 warps of a key fold space.*lower max_displacement"):
        DEFENSE.fields(codes[:2], Folding(), SHAPE)


def test_a_fold_is_seen_in_either_direction() -> None:
    nothing = torch.zeros(1, 3, 6, 6, 6)
    flipped = nothing.clone()
    flipped[:, 0] = -2 * torch.arange(6.0)[:, None, None]  # x + u(x) = -x along the first axis
    assert lowest_determinant(Fields(nothing, nothing)) == pytest.approx(1)
    assert lowest_determinant(Fields(flipped, nothing)) == pytest.approx(-1)
    assert lowest_determinant(Fields(nothing, flipped)) == pytest.approx(-1)


def test_patches_are_warped_as_the_whole_scan_is(roles: Roles) -> None:
    """But for the spline, which feels the edge of a cube over a few voxels."""
    shape = roles.train.shape
    geometry = Geometry(shape=shape, bound=DEFENSE.bound(shape), patch=8)
    proxies = DeformedPairs(CLIENT, CODE, geometry)
    sampler = PairSampler.of(roles.train, patch=8 + 2 * geometry.margin, batch=1, device=torch.device("cpu"))
    pairs = sampler.draw(torch.Generator().manual_seed(1))
    one, _ = proxies(pairs, torch.Generator().manual_seed(5))
    codes = torch.randn(2, CODE, generator=torch.Generator().manual_seed(5))
    whole = next(
        scan
        for scan in roles.train
        if torch.equal(
            scan.labels.unfold(0, 12, 1).unfold(1, 12, 1).unfold(2, 12, 1)[tuple(pairs.starts[0, 0])],
            pairs.labels[0, 0],
        )
    )
    sent = warp_sharply(whole.image[None], DEFENSE.fields(codes[:1], CLIENT, shape).phi)
    i, j, k = (pairs.starts[0, 0] + geometry.margin).tolist()
    torch.testing.assert_close(one[0], sent[0, :, i : i + 8, j : j + 8, k : k + 8].clamp(0, 1), atol=1e-2, rtol=0)


def test_without_motion_the_terms_are_those_of_the_scan_itself(roles: Roles) -> None:
    """Nothing is lost on the way back, nothing is rough, and two keys do not differ."""
    geometry = Geometry(shape=roles.train.shape, bound=1.1, patch=8)
    weights = Weights(adversary=1.0, inverse=1.0, recovered=2.0, smooth=1.0, diverse=3.0, margin=0.5)
    server = nn.Conv3d(1, 4, 1)
    objective = DeformationObjective(
        DeformedPairs(STILL, CODE, geometry),
        server,
        small_siamese((8,)),
        classes=4,
        weights=weights,
        adversary_loss="confusion",
    )
    pairs = PairSampler.of(roles.train, patch=12, batch=2, device=torch.device("cpu")).draw(torch.Generator())
    terms = {name: value.item() for name, value in objective(pairs, torch.Generator()).items()}
    assert terms["inverse"] == pytest.approx(0, abs=1e-5)
    assert terms["smooth"] == 0
    assert terms["diverse"] == pytest.approx(1.5)


def test_velocities_of_two_keys_of_a_pair_are_compared() -> None:
    first, second = torch.zeros(2, 3, 4, 4, 4), torch.full((2, 3, 4, 4, 4), 0.2)
    assert float(difference(torch.stack([first, second], dim=1).flatten(0, 1))) == pytest.approx(0.2)


def test_what_a_return_leaves_is_measured_in_voxels() -> None:
    shift = torch.full((1, 3, 6, 6, 6), 0.5)
    assert float(not_undone(shift, -shift)) == 0
    assert float(not_undone(shift, shift)) == pytest.approx(1)


def test_roughness_of_a_ramp_is_the_square_of_its_slope() -> None:
    ramp = torch.zeros(1, 3, 5, 5, 5)
    ramp[:, 1] = 0.2 * torch.arange(5.0)
    assert float(roughness(ramp)) == pytest.approx(0.04)


def test_the_middle_of_a_cube() -> None:
    cube = torch.arange(5.0).expand(1, 1, 5, 5, 5)
    assert middle(cube, 3)[0, 0, 0, 0].tolist() == [1, 2, 3]


def test_the_largest_displacement_scales_with_the_shortest_side() -> None:
    assert DEFENSE.bound((144, 192, 160)) == 8
    assert DEFENSE.bound((36, 48, 40)) == 2


def test_data_and_settings_that_cannot_work_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="set revisits = simulate"):
        DeformationProxy(patch=8, iterations=1).fit(toy_cohort(range(6), visits=1), trainer_in(tmp_path))
    with pytest.raises(BenchError, match="patch must be > 4 voxels with max_displacement=8 here, got 4"):
        DeformationProxy(patch=4, iterations=1).fit(toy_cohort(range(6)), trainer_in(tmp_path))
    with pytest.raises(ValueError, match=r"max_displacement must be > 0, got 0.*use no-proxy"):
        DeformationProxy(max_displacement=0.0)
    with pytest.raises(ValueError, match="smooth_weight must be >= 0, got -1"):
        DeformationProxy(smooth_weight=-1.0)


def test_self_checks_say_how_well_the_warp_is_undone() -> None:
    image = smooth_scan()
    image[:, SCAN.labels == 0] = 0  # as outside every brain
    smooth = replace(SCAN, image=image)
    found = DEFENSE.self_checks(smooth, key(1), CLIENT)
    assert found["round_trip_error"] < 0.02 < found["changed"]
    assert 0 < found["lowest_determinant"] < 1
    assert 0.3 < found["moved_voxels"] <= 3**0.5 * DEFENSE.bound(SHAPE)
    still = DEFENSE.self_checks(smooth, key(1), STILL)
    assert still == pytest.approx(
        {"round_trip_error": 0, "lowest_determinant": 1, "changed": 0, "moved_voxels": 0}, abs=1e-4
    )
