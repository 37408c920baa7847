"""Volumes between nibabel's world (right, anterior, superior) and SimpleITK's (left, posterior, superior)."""

import numpy as np
import SimpleITK as sitk
from jaxtyping import Float64, Shaped

TO_LPS = np.diag([-1.0, -1.0, 1.0])


def to_sitk(
    values: Shaped[np.ndarray, "depth height width"], affine: Float64[np.ndarray, "4 4"], dtype: type = np.float32
) -> sitk.Image:
    """The volume as SimpleITK sees it, at the same place.

    Axes that are not quite square (headers are rounded) are turned into the nearest ones that are.
    """
    image = sitk.GetImageFromArray(np.ascontiguousarray(values.transpose(2, 1, 0)).astype(dtype))
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    left, _, right = np.linalg.svd(affine[:3, :3] / spacing)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((TO_LPS @ left @ right).ravel().tolist())
    image.SetOrigin((TO_LPS @ affine[:3, 3]).tolist())
    return image


def from_sitk(image: sitk.Image) -> Shaped[np.ndarray, "depth height width"]:
    """The voxels, first axis first."""
    return np.ascontiguousarray(sitk.GetArrayFromImage(image).transpose(2, 1, 0))


def affine_of(image: sitk.Image) -> Float64[np.ndarray, "4 4"]:
    """Voxel index -> mm, right, anterior and superior."""
    affine = np.eye(4)
    direction = np.asarray(image.GetDirection()).reshape(3, 3)
    affine[:3, :3] = TO_LPS @ direction * np.asarray(image.GetSpacing())
    affine[:3, 3] = TO_LPS @ np.asarray(image.GetOrigin())
    return affine
