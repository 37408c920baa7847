"""MS-SSIM: agreement with pytorch-msssim, hand-computed values, and the rule for the number of levels."""

import math

import pytest
import pytorch_msssim
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import conv3d

from bench.errors import BenchError
from bench.metrics.msssim import MsSsimSettings, blurred, levels_for, ms_ssim, settings_for


def pair(shape: tuple[int, int, int], seed: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Two batches of two images that share some structure."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.rand(2, 1, *shape, generator=rng, dtype=dtype)
    return x, 0.6 * x + 0.4 * torch.rand(2, 1, *shape, generator=rng, dtype=dtype)


def library(x: Tensor, y: Tensor, chosen: MsSsimSettings) -> Float[Tensor, " pair"]:
    metric = pytorch_msssim.MS_SSIM(
        data_range=chosen.data_range,
        size_average=False,
        win_size=chosen.window,
        win_sigma=chosen.sigma,
        channel=1,
        spatial_dims=3,
        weights=list(chosen.weights),
    )
    return metric(x, y)


@pytest.mark.parametrize(
    ("smallest", "window", "levels"),
    [
        (7, 7, 1),
        (13, 7, 1),
        (14, 7, 2),
        (27, 7, 2),
        (32, 7, 3),
        (55, 7, 3),
        (64, 7, 4),
        (111, 7, 4),
        (112, 7, 5),
        (500, 7, 5),
        (12, 3, 3),
        (11, 11, 1),
        (176, 11, 5),
    ],
)
def test_levels_follow_the_smallest_side(smallest: int, window: int, levels: int) -> None:
    assert levels_for((smallest + 9, smallest, smallest + 1), window) == levels
    assert settings_for((smallest, smallest, smallest), window) == MsSsimSettings(levels=levels, window=window)


def test_a_grid_below_one_window_is_refused() -> None:
    with pytest.raises(BenchError, match=r"grid 40x6x40 is too small for MS-SSIM with window 7: every side must be"):
        levels_for((40, 6, 40), 7)


def test_more_levels_than_fit_are_refused() -> None:
    x = torch.rand(1, 1, 32, 32, 24)
    with pytest.raises(BenchError, match=r"grid 32x32x24 is too small .* 3 levels and window 7: .* a side of 6"):
        ms_ssim(x, x, MsSsimSettings(levels=3))


def test_half_precision_is_refused() -> None:
    x = torch.rand(1, 1, 8, 8, 8).half()
    with pytest.raises(ValueError, match=r"float32 or float64 images, got torch\.float16"):
        ms_ssim(x, x, MsSsimSettings(levels=1))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"levels": 0}, "levels must be 1 to 5, got 0"),
        ({"levels": 6}, "levels must be 1 to 5, got 6"),
        ({"levels": 3, "window": 6}, "window must be odd and >= 1, got 6"),
        ({"levels": 3, "sigma": 0.0}, "sigma must be > 0"),
        ({"levels": 3, "data_range": -1.0}, "data_range must be > 0"),
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MsSsimSettings(**wrong)


def test_first_weights_are_renormalised() -> None:
    total = 0.0448 + 0.2856 + 0.3001
    expected = (0.0448 / total, 0.2856 / total, 0.3001 / total)
    assert MsSsimSettings(levels=3).weights == pytest.approx(expected, abs=1e-12)


def test_window_of_three_is_the_hand_computed_gaussian() -> None:
    side = math.exp(-1 / 4.5)
    expected = [side / (1 + 2 * side), 1 / (1 + 2 * side), side / (1 + 2 * side)]
    assert MsSsimSettings(levels=1, window=3).taps == pytest.approx(expected, abs=1e-7)


def test_constant_images_differ_in_luminance_only() -> None:
    low, high = torch.full((1, 1, 16, 16, 16), 0.25), torch.full((1, 1, 16, 16, 16), 0.75)
    chosen = MsSsimSettings(levels=2)
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    expected = luminance ** (0.2856 / (0.0448 + 0.2856))
    assert ms_ssim(low, high, chosen).item() == pytest.approx(expected, abs=1e-4)


def test_an_inverted_image_scores_zero() -> None:
    x = torch.rand(1, 1, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    assert ms_ssim(x, 1 - x, MsSsimSettings(levels=2)).item() == 0


def test_scaling_intensities_with_the_data_range_changes_nothing() -> None:
    x, y = pair((20, 17, 23), 0, torch.float64)
    plain = ms_ssim(x, y, MsSsimSettings(levels=2))
    scaled = ms_ssim(255 * x, 255 * y, MsSsimSettings(levels=2, data_range=255.0))
    torch.testing.assert_close(scaled, plain, rtol=0, atol=1e-10)


def test_gradients_reach_the_image() -> None:
    x, y = pair((15, 15, 15), 3, torch.float64)
    x = x[:1].requires_grad_()
    chosen = MsSsimSettings(levels=2)
    ms_ssim(x, y[:1], chosen).sum().backward()
    assert x.grad is not None
    step = torch.zeros_like(x)
    step[0, 0, 7, 6, 5] = 1e-6
    with torch.no_grad():
        slope = (ms_ssim(x + step, y[:1], chosen) - ms_ssim(x - step, y[:1], chosen)) / 2e-6
    assert x.grad[0, 0, 7, 6, 5].item() == pytest.approx(slope.item(), rel=1e-4)


def test_blurring_is_the_separable_convolution_without_padding() -> None:
    taps = torch.tensor(MsSsimSettings(levels=1, window=5).taps, dtype=torch.float64)
    images = torch.rand(2, 9, 6, 5, dtype=torch.float64)
    kernel = taps[:, None, None] * taps[:, None] * taps
    expected = conv3d(images[:, None], kernel[None, None])[:, 0]
    torch.testing.assert_close(blurred(images, taps.tolist()), expected)


@pytest.mark.parametrize(
    ("shape", "window", "levels"),
    [
        ((17, 17, 17), 1, 5),
        ((40, 33, 35), 3, 4),
        ((33, 34, 36), 3, 3),
        ((20, 65, 66), 5, 3),
        ((70, 67, 65), 5, 4),
        ((30, 97, 98), 7, 3),
        ((25, 161, 162), 11, 2),
    ],
)
def test_agrees_with_pytorch_msssim_in_single_precision(shape: tuple[int, int, int], window: int, levels: int) -> None:
    x, y = pair(shape, window)
    chosen = MsSsimSettings(levels=levels, window=window)
    torch.testing.assert_close(ms_ssim(x, y, chosen), library(x, y, chosen), rtol=0, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    depth=st.integers(12, 30),
    height=st.integers(33, 45),
    width=st.integers(33, 45),
    levels=st.integers(1, 3),
    seed=st.integers(0, 2**31),
)
def test_agrees_with_pytorch_msssim_on_any_shape(depth: int, height: int, width: int, levels: int, seed: int) -> None:
    x, y = pair((depth, height, width), seed, torch.float64)
    chosen = MsSsimSettings(levels=levels, window=3)
    torch.testing.assert_close(ms_ssim(x, y, chosen), library(x, y, chosen), rtol=0, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), order=st.permutations([2, 3, 4]))
def test_memory_layout_does_not_matter(seed: int, order: list[int]) -> None:
    x, y = pair((34, 35, 36), seed)
    chosen = MsSsimSettings(levels=3, window=3)
    moved_x, moved_y = x.permute(0, 1, *order), y.permute(0, 1, *order)
    expected = ms_ssim(moved_x.contiguous(), moved_y.contiguous(), chosen)
    torch.testing.assert_close(ms_ssim(moved_x, moved_y, chosen), expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(expected, library(moved_x, moved_y, chosen), rtol=0, atol=1e-5)
