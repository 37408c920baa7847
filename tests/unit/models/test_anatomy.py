"""Atlas, spread and coordinates."""

import dataclasses

import pytest
import torch

from bench.errors import BenchError
from bench.models.score.anatomy import SMALLEST_SPREAD, Anatomy, coordinates, cut_at
from tests.conftest import toy_scan

SCANS = tuple(toy_scan(person, 0) for person in range(5))


def test_coordinates_of_voxel_centres_by_hand() -> None:
    found = coordinates((4, 2, 1))
    assert found.shape == (3, 4, 2, 1)
    assert found[0, :, 0, 0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert found[1, 3, :, 0].tolist() == [-0.5, 0.5]
    assert found[2].unique().tolist() == [0.0]


def test_a_patch_at_the_border_gets_its_own_part_of_the_whole_volumes_coordinates() -> None:
    location = coordinates((4, 4, 8))
    patch = torch.zeros(2, 1, 2, 2, 4)
    found = cut_at(location, patch, torch.tensor([[0, 1, 0], [2, 2, 4]]))
    assert found.shape == (2, 3, 2, 2, 4)
    assert found[0, 0, :, 0, 0].tolist() == [-0.75, -0.25]
    assert found[0, 1, 0, :, 0].tolist() == [-0.25, 0.25]
    assert found[0, 2, 0, 0].tolist() == [-0.875, -0.625, -0.375, -0.125]
    assert found[1, 0, :, 0, 0].tolist() == [0.25, 0.75]
    assert found[1, 1, 0, :, 0].tolist() == [0.25, 0.75]
    assert found[1, 2, 0, 0].tolist() == [0.125, 0.375, 0.625, 0.875]


def test_whole_volumes_need_no_starts_and_patches_do() -> None:
    volume = coordinates((4, 4, 4))
    assert torch.equal(cut_at(volume, torch.zeros(3, 1, 4, 4, 4), None), volume[None])
    with pytest.raises(ValueError, match="need their starts"):
        cut_at(volume, torch.zeros(3, 1, 2, 2, 2), None)


def test_residuals_have_mean_zero_in_each_voxel_and_unit_variance_in_all() -> None:
    residual = Anatomy.of(SCANS).residual(torch.stack([scan.image for scan in SCANS]))
    assert residual.mean(dim=0).abs().max() < 1e-5
    assert float(residual.square().mean()) == pytest.approx(1, abs=1e-5)


def test_images_come_back_from_residuals_of_volumes_and_patches() -> None:
    anatomy, images = Anatomy.of(SCANS), torch.stack([scan.image for scan in SCANS])
    torch.testing.assert_close(anatomy.image(anatomy.residual(images)), images)
    starts = torch.tensor([[0, 3, 12], [12, 16, 5]])
    cuts = [images[0, :, i : i + 8, j : j + 8, k : k + 8] for i, j, k in starts.tolist()]
    patches = torch.stack(cuts)
    residual = anatomy.residual(patches, starts)
    whole = anatomy.residual(images)[0, :, 12:20, 16:24, 5:13]
    torch.testing.assert_close(residual[1], whole)
    torch.testing.assert_close(anatomy.image(residual, starts), patches)


def test_spread_is_the_residuals_standard_deviation_with_a_floor() -> None:
    images = [torch.zeros_like(SCANS[0].image) for _ in range(2)]
    images[1][:, :10] = 0.4  # half of the volume differs by .4: sd .2 there, 0 elsewhere
    scans = [dataclasses.replace(scan, image=image) for scan, image in zip(SCANS, images, strict=False)]
    anatomy = Anatomy.of(scans, smoothing=0.01)
    assert float(anatomy.scale) == pytest.approx(0.2 / 2**0.5)
    assert float(anatomy.spread[0, 2, 10, 10]) == pytest.approx((2 + SMALLEST_SPREAD**2) ** 0.5, rel=1e-3)
    assert float(anatomy.spread[0, 17, 10, 10]) == pytest.approx(SMALLEST_SPREAD, rel=1e-3)


def test_equal_scans_are_refused() -> None:
    with pytest.raises(BenchError, match="1 scans do not differ"):
        Anatomy.of(SCANS[:1])


def test_no_checkpoint_needs_the_maps() -> None:
    assert not Anatomy.of(SCANS).state_dict()
