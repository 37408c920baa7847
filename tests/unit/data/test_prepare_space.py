"""The common grid, and world coordinates on their way to SimpleITK and back."""

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from nilearn import datasets

from bench.data.prepare.reference import EXTENT_MM, grid_of, load_reference
from bench.data.prepare.space import affine_of, from_sitk, to_sitk
from tests.bids_trees import small_affine


@pytest.mark.parametrize(("spacing", "shape"), [(1.0, (144, 192, 160)), (2.0, (72, 96, 80)), (3.0, (48, 64, 53))])
def test_the_grid_covers_the_same_field_of_view(spacing: float, shape: tuple[int, int, int]) -> None:
    assert grid_of(spacing).shape == shape
    assert np.abs(np.array(shape) * spacing - EXTENT_MM).max() <= spacing


def test_the_templates_brain_fits_the_grid() -> None:
    mask = load_reference(1.0).mask
    whole = np.asarray(datasets.load_mni152_brain_mask(resolution=1).dataobj) > 0
    assert mask.sum() == pytest.approx(whole.sum(), rel=1e-3)  # planes fall between planes


@pytest.mark.parametrize("orientation", ["RAS", "LPI", "PSR"])
def test_world_coordinates_survive_the_way_to_simpleitk_and_back(orientation: str) -> None:
    values = np.random.default_rng(0).random((5, 6, 7)).astype(np.float32)
    image = nibabel.Nifti1Image(values, small_affine())
    ornt = nibabel.orientations.ornt_transform(
        nibabel.orientations.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(orientation)
    )
    turned = image.as_reoriented(ornt)
    there = to_sitk(np.asarray(turned.dataobj), turned.affine)
    np.testing.assert_array_equal(from_sitk(there), np.asarray(turned.dataobj))
    np.testing.assert_allclose(affine_of(there), turned.affine, atol=1e-9)
    index = (1, 2, 3)
    point = np.array([-1, -1, 1]) * there.TransformIndexToPhysicalPoint(index)
    np.testing.assert_allclose(point, nibabel.affines.apply_affine(turned.affine, index), atol=1e-9)
    assert isinstance(there, sitk.Image)
