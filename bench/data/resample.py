"""A real scan on the common grid, interpolated exactly once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy.ndimage import gaussian_filter

from bench.data.nifti import Volume
from bench.data.template import antialias_sigma
from bench.data.warp import Displacement, axes_mm, points_mm, sample
from bench.dataset import Grid
from bench.errors import BenchError

BRIGHT_PERCENTILE = 99.5


@dataclass(frozen=True, eq=False)
class Resampled:
    """A scan on the grid.

    Attributes:
        image: raw intensities.
        shares: how much of each voxel belongs to each class, background first; adds up to 1.
        brain: where at least half of a voxel is brain; empty where no brain was given.
    """

    image: Float32[np.ndarray, "depth height width"]
    shares: Float32[np.ndarray, "class depth height width"]
    brain: Bool[np.ndarray, "depth height width"]


def onto_grid(
    volume: Volume,
    values: tuple[int, ...],
    centre_mm: Float64[np.ndarray, " 3"],
    displacement: Displacement | None,
    grid: Grid,
    brain: Bool[np.ndarray, "i j k"] | None = None,
) -> Resampled:
    """Image and one-hot label maps on the grid whose middle lies at `centre_mm`.

    Both are smoothed alike before going to a coarser spacing, so that the label with the largest share names what
    the voxel shows.

    Args:
        volume: the scan as it lies on disk.
        values: label value of every class, background first.
        centre_mm: scanner coordinates.
        displacement: where to look instead, in mm; None for the scan as it is.
        grid: where to put it.
        brain: of the scan as it lies on disk, if it is wanted on the grid.
    """
    spacing = np.linalg.norm(volume.affine[:3, :3], axis=0)
    sigma = [antialias_sigma(float(side), grid.spacing_mm) for side in spacing]
    maps = np.stack([volume.image, *((volume.labels == value).astype(np.float32) for value in values[1:])])
    if brain is not None:
        maps = np.concatenate([maps, brain[None].astype(np.float32)])
    if max(sigma) > 0:
        maps = np.stack([gaussian_filter(part, sigma, mode="nearest") for part in maps])
    centred = volume.affine.copy()
    centred[:3, 3] -= centre_mm
    points = points_mm(axes_mm(grid))
    moved = sample(maps, centred, points if displacement is None else points + displacement)
    shares = moved[1 : len(values)]
    inside = moved[-1] >= 0.5 if brain is not None else np.zeros(grid.shape, bool)
    background = 1 - shares.sum(0, keepdims=True)
    return Resampled(moved[0], np.concatenate([background, shares]), inside)


def scale_robustly(
    image: Float32[np.ndarray, "depth height width"], inside: Bool[np.ndarray, "depth height width"], file: str
) -> Float32[np.ndarray, "depth height width"]:
    """The image in [0, 1]: 0 stays, the 99.5th percentile inside the brain becomes 1, the rest is clipped.

    Args:
        image: raw intensities on the grid.
        inside: the brain on the grid.
        file: named in the error.

    Raises:
        BenchError: the brain missed the grid, or is dark all over.
    """
    if not inside.any():
        raise BenchError(f"{file} has no brain voxel on the grid; choose a finer spacing or check its header")
    bright = float(np.percentile(image[inside], BRIGHT_PERCENTILE))
    if bright <= 0:
        raise BenchError(f"{file} has no positive intensity inside of the brain; check image and labels")
    return np.clip(image / np.float32(bright), 0.0, 1.0)
