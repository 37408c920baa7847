"""Where every scan goes: the MNI152 template and a grid around its brain.

Source: ICBM 2009a nonlinear symmetric template, Fonov et al., NeuroImage 54(1), 2011, as shipped in nilearn's wheel.
"""

import functools
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from jaxtyping import Bool, Float32, Float64

from bench.data.prepare.space import from_sitk, to_sitk
from bench.data.template import antialias_sigma
from bench.dataset import Grid

EXTENT_MM = (144.0, 192.0, 160.0)
"""Right, anterior, superior: the brain of the template and a margin."""
REGISTRATION_MM = 2
"""Spacing of the template while registering; finer changes the result by less than the spacing of any preset."""
SPACE = "MNI152NLin2009aSym"


@dataclass(frozen=True, eq=False)
class Reference:
    """The template at the spacing of the registration, and the grid of the output.

    Attributes:
        template: brain of the template, intensities in [0, 1], 0 outside.
        domain: an empty image on the output grid.
        on_grid: the template on the output grid.
        mask: its brain on the output grid.
        affine: voxel index of the output grid -> mm.
    """

    template: sitk.Image
    domain: sitk.Image
    on_grid: Float32[np.ndarray, "depth height width"]
    mask: Bool[np.ndarray, "depth height width"]
    affine: Float64[np.ndarray, "4 4"]


def grid_of(spacing_mm: float) -> Grid:
    """The grid that covers the template's brain, 144 x 192 x 160 voxels at 1 mm."""
    depth, height, width = (max(round(side / spacing_mm), 8) for side in EXTENT_MM)
    return Grid((depth, height, width), spacing_mm)


@functools.lru_cache(maxsize=2)
def load_reference(spacing_mm: float) -> Reference:
    """The template, with the middle of its brain's bounding box in the middle of the grid."""
    from nilearn import datasets

    mask_image = datasets.load_mni152_brain_mask(resolution=1)
    mask = np.asarray(mask_image.dataobj) > 0
    fine = np.where(mask, np.asarray(datasets.load_mni152_template(resolution=1).dataobj, np.float32), 0)
    affine = np.asarray(mask_image.affine, np.float64)
    inside = np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3]
    middle = (inside.min(0) + inside.max(0)) / 2

    grid = grid_of(spacing_mm)
    placed = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    placed[:3, 3] = middle - spacing_mm * (np.asarray(grid.shape) - 1) / 2
    domain = to_sitk(np.zeros(grid.shape, np.uint8), placed, np.uint8)
    template = to_sitk(fine, affine)
    sigma_mm = antialias_sigma(1.0, spacing_mm)
    soft = sitk.SmoothingRecursiveGaussian(template, sigma_mm) if sigma_mm > 0 else template
    on_grid = from_sitk(sitk.Resample(soft, domain, sitk.Transform(), sitk.sitkLinear, 0.0))
    mask_there = sitk.Resample(to_sitk(mask, affine, np.uint8), domain, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    smoothed = sitk.DiscreteGaussian(template, variance=float(REGISTRATION_MM**2 / 4))
    coarse = sitk.Shrink(smoothed, [REGISTRATION_MM] * 3)
    return Reference(coarse, domain, on_grid, from_sitk(mask_there).astype(bool), placed)
