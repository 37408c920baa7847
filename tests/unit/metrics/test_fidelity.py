"""Fidelity of reconstructions, by hand."""

import math

import pytest
import torch

from bench.metrics.fidelity import LIMITS, PSNR_CEILING, fidelity
from bench.metrics.msssim import settings_for

SHAPE = (1, 8, 8, 8)
SETTINGS = settings_for(SHAPE[1:])
RNG = torch.Generator().manual_seed(0)
TRUTH = torch.rand((2, *SHAPE), generator=RNG)
ATLAS = torch.full(SHAPE, 0.5)


def test_the_truth_is_perfect() -> None:
    found = fidelity(TRUTH, TRUTH, ATLAS, SETTINGS)
    assert found["ms_ssim"] == pytest.approx([1, 1])
    assert found["psnr"] == [PSNR_CEILING] * 2
    assert found["ncc"] == pytest.approx([1, 1])


def test_no_rounding_leaves_the_limits() -> None:
    """Of equal images some sum to 1 + 1e-7; a record with such a score would be refused."""
    brains = torch.rand((40, *SHAPE), generator=RNG) * (torch.rand((40, *SHAPE), generator=RNG) > 0.3)
    for images in (brains, (brains + 1e-4 * torch.rand(brains.shape, generator=RNG)), 1 - brains):
        found = fidelity(images, brains, ATLAS, SETTINGS)
        for name, (low, high) in LIMITS.items():
            assert low <= min(found[name]) <= max(found[name]) <= high, name


def test_psnr_is_that_of_the_mean_squared_error() -> None:
    found = fidelity(TRUTH + 0.1, TRUTH, ATLAS, SETTINGS)
    assert found["psnr"] == pytest.approx([20, 20], abs=1e-3)


def test_the_mean_brain_says_nothing_about_a_person() -> None:
    assert fidelity(ATLAS.expand(2, *SHAPE), TRUTH, ATLAS, SETTINGS)["ncc"] == [0, 0]


def test_correlation_is_of_what_is_left_without_the_mean_brain() -> None:
    # Half of the residual, plus as much of something unrelated and equally large: cosine sqrt(1/2).
    residual = TRUTH - ATLAS
    other = torch.rand((2, *SHAPE), generator=RNG) - 0.5
    flat, unrelated = residual.flatten(1), other.flatten(1)
    flat = flat - flat.mean(1, keepdim=True)
    unrelated = unrelated - unrelated.mean(1, keepdim=True)
    unrelated = unrelated - (unrelated * flat).sum(1, keepdim=True) / flat.square().sum(1, keepdim=True) * flat
    unrelated = unrelated * flat.norm(dim=1, keepdim=True) / unrelated.norm(dim=1, keepdim=True)
    mixed = ATLAS + (0.5 * (flat + unrelated)).reshape(2, *SHAPE)
    assert fidelity(mixed, TRUTH, ATLAS, SETTINGS)["ncc"] == pytest.approx([math.sqrt(0.5)] * 2, abs=1e-5)
    assert fidelity(ATLAS - residual, TRUTH, ATLAS, SETTINGS)["ncc"] == pytest.approx([-1, -1])


def test_voxels_outside_of_everybody_do_not_count() -> None:
    atlas, truth = ATLAS.clone(), TRUTH.clone()
    atlas[:, :4], truth[:, :, :4] = 0, 0
    wild = truth.clone()
    wild[:, :, :4] = torch.rand((2, 1, 4, 8, 8), generator=RNG)
    assert fidelity(wild, truth, atlas, SETTINGS)["ncc"] == pytest.approx([1, 1])
