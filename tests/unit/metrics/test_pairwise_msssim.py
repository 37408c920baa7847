"""The all-pairs engine against the score of one pair."""

import pytest
import torch
from torch import Tensor

from bench.errors import BenchError
from bench.metrics import pairwise_msssim
from bench.metrics.msssim import MsSsimSettings, ms_ssim
from bench.metrics.pairwise_msssim import compare, ms_ssim_matrix
from bench.metrics.pyramid import pyramid_of

THREE_LEVELS = MsSsimSettings(levels=3, window=5)


def family(count: int, seed: int, shape: tuple[int, int, int] = (23, 20, 25)) -> Tensor:
    """Images that share half their structure."""
    rng = torch.Generator().manual_seed(seed)
    shared = torch.rand(1, 1, *shape, generator=rng)
    return 0.5 * shared + 0.5 * torch.rand(count, 1, *shape, generator=rng)


def one_by_one(images: Tensor, others: Tensor, settings: MsSsimSettings) -> Tensor:
    return torch.stack([ms_ssim(image.expand_as(others), others, settings) for image in images])


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_every_entry_is_the_score_of_its_pair(levels: int) -> None:
    images, settings = family(5, 0), MsSsimSettings(levels=levels, window=5)
    expected = one_by_one(images, images, settings)
    torch.testing.assert_close(ms_ssim_matrix(images, settings), expected, rtol=0, atol=2e-6)


def test_others_are_the_columns() -> None:
    images, others = family(3, 1), family(4, 2)
    scores = ms_ssim_matrix(images, THREE_LEVELS, others=others)
    assert scores.shape == (3, 4)
    torch.testing.assert_close(scores, one_by_one(images, others, THREE_LEVELS), rtol=0, atol=2e-6)


def test_a_list_of_images_scores_like_their_stack() -> None:
    images = family(3, 3)
    assert torch.equal(ms_ssim_matrix(list(images), THREE_LEVELS), ms_ssim_matrix(images, THREE_LEVELS))


@pytest.mark.parametrize("voxels", [1, 23 * 20 * 25 * 2, 2**30])
def test_the_size_of_a_group_does_not_matter(voxels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    images = family(5, 4)
    expected = ms_ssim_matrix(images, THREE_LEVELS)
    monkeypatch.setattr(pairwise_msssim, "VOXELS_AT_ONCE", voxels)
    torch.testing.assert_close(ms_ssim_matrix(images, THREE_LEVELS), expected, rtol=0, atol=1e-6)


def test_equal_images_score_exactly_one() -> None:
    image = family(1, 5)
    scores = ms_ssim_matrix(image, THREE_LEVELS, others=torch.cat([image, image.clone()]))
    assert scores.tolist() == [[1.0, 1.0]]
    assert ms_ssim_matrix(torch.cat([image, image]), THREE_LEVELS).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_the_matrix_is_symmetric_with_ones_on_the_diagonal() -> None:
    scores = ms_ssim_matrix(family(6, 6), THREE_LEVELS)
    assert torch.equal(scores, scores.T)
    assert scores.diagonal().tolist() == [1.0] * 6


def test_order_of_the_pair_does_not_matter() -> None:
    images, others = family(2, 7), family(3, 8)
    forward = ms_ssim_matrix(images, THREE_LEVELS, others=others)
    backward = ms_ssim_matrix(others, THREE_LEVELS, others=images)
    torch.testing.assert_close(forward, backward.T, rtol=0, atol=1e-6)


def test_more_like_images_score_higher() -> None:
    image, noise = family(1, 9), family(1, 10)
    others = torch.cat([image + weight * (noise - image) for weight in (0.0, 0.2, 0.5, 1.0)])
    scores = ms_ssim_matrix(image, THREE_LEVELS, others=others)[0]
    assert (scores.diff() < -0.01).all()


def test_one_pair_costs_one_blur_of_the_product_per_level(monkeypatch: pytest.MonkeyPatch) -> None:
    pyramid = pyramid_of(family(2, 11), THREE_LEVELS)
    calls = []
    blur = pairwise_msssim.blurred

    def counted(images: Tensor, taps: tuple[float, ...]) -> Tensor:
        calls.append(images.shape)
        return blur(images, taps)

    monkeypatch.setattr(pairwise_msssim, "blurred", counted)
    compare(pyramid, 0, pyramid, 1, THREE_LEVELS)
    assert calls == [(1, 23, 20, 25), (1, 12, 10, 13), (1, 6, 5, 7)]


def test_images_are_left_alone() -> None:
    images = family(3, 12)
    before = images.clone()
    ms_ssim_matrix(images, THREE_LEVELS)
    assert torch.equal(images, before)


def test_progress_counts_pairs() -> None:
    seen: list[tuple[int, int]] = []
    ms_ssim_matrix(family(4, 13), THREE_LEVELS, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 6), (5, 6), (6, 6)]
    seen.clear()
    ms_ssim_matrix(
        family(2, 13), THREE_LEVELS, others=family(3, 14), progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(3, 6), (6, 6)]


def test_not_a_number_is_passed_on_to_its_pairs_only() -> None:
    images = family(3, 15)
    images[1, 0, 4, 4, 4] = torch.nan
    scores = ms_ssim_matrix(images, THREE_LEVELS)
    assert scores[0, 1].isnan()
    assert scores[1, 2].isnan()
    assert scores[0, 2].isfinite()


def test_different_grids_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must share one grid, got shapes \[\(1, 20, 20, 20\), \(1, 20, 20, 21\)\]"):
        ms_ssim_matrix([torch.rand(1, 20, 20, 20), torch.rand(1, 20, 20, 21)], THREE_LEVELS)
    with pytest.raises(ValueError, match="must share one grid"):
        ms_ssim_matrix(torch.rand(2, 1, 20, 20, 20), THREE_LEVELS, others=torch.rand(2, 1, 20, 20, 21))


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="MS-SSIM of no images"):
        ms_ssim_matrix([], THREE_LEVELS)


def test_a_grid_too_small_is_refused() -> None:
    with pytest.raises(BenchError, match="grid 16x20x20 is too small"):
        ms_ssim_matrix(torch.rand(2, 1, 16, 20, 20), THREE_LEVELS)
