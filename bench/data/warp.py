"""Smooth random displacements and rigid poses, and the one interpolation that applies them.

A displacement `u` pulls back: the new image at x shows the old one at x + u(x). All coordinates are millimetres
relative to the centre of the brain, so the same seed gives the same anatomy on every grid.

Source: cubic B-spline free-form deformation, Rueckert et al., "Nonrigid registration using free-form deformations",
IEEE TMI 18(8), 1999; several lattice spacings at once as in SynthSeg (Billot et al., Medical Image Analysis 86, 2023).
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32

from bench.dataset import Grid

HALF_EXTENT_MM = 144.0
"""Random fields live on a cube of this half edge; beyond it they stay constant."""

UNIT_NORM = (151 / 315) ** 1.5
"""Root mean square of a cubic B-spline sum with white unit coefficients: per axis, the integral of B^2 is 151/315."""

ANATOMY_SCALES = ((64.0, 1.0), (32.0, 0.4), (16.0, 0.16))
VISIT_SCALES = ((32.0, 1.0), (16.0, 0.4))
"""Lattice spacing in mm with the relative amplitude of that scale."""

Axes = tuple[Float[np.ndarray, " depth"], Float[np.ndarray, " height"], Float[np.ndarray, " width"]]
Volume = Float[np.ndarray, "depth height width"]
Maps = Float32[np.ndarray, "channel _ _ _"]
Displacement = Float32[np.ndarray, "3 depth height width"]


def axes_mm(grid: Grid) -> Axes:
    """Positions of the voxel centres along the three axes, in mm from the middle of the grid."""
    depth, height, width = (
        ((np.arange(side) - (side - 1) / 2) * grid.spacing_mm).astype(np.float32) for side in grid.shape
    )
    return depth, height, width


def points_mm(axes: Axes) -> Displacement:
    """Position of every voxel, in mm."""
    return np.stack(np.meshgrid(*axes, indexing="ij"))


@dataclass(frozen=True, eq=False)
class Lattice:
    """Coefficients of cubic B-splines on a regular lattice centred on the origin.

    Attributes:
        control_mm: distance between control points.
    """

    coefficients: Float[np.ndarray, "channel i j k"]
    control_mm: float

    def on(self, axes: Axes) -> Float[np.ndarray, "channel depth height width"]:
        """The smooth field on the grid spanned by `axes`, in the unit of the coefficients."""
        from scipy.interpolate import BSpline

        reach = (self.coefficients.shape[1] - 3) // 2
        knots = (np.arange(2 * reach + 7) - reach - 3) * self.control_mm
        edge = reach * self.control_mm
        basis = [
            BSpline.design_matrix(np.clip(axis.astype(np.float64), -edge, edge), knots, 3).toarray().astype(np.float32)
            for axis in axes
        ]
        field: Float[np.ndarray, "channel depth height width"] = np.einsum(
            "cijk,xi,yj,zk->cxyz", self.coefficients, *basis, optimize=True
        )
        return field


def draw_lattice(rng: np.random.Generator, channels: int, control_mm: float) -> Lattice:
    """Gaussian white coefficients, scaled so that the field has unit variance."""
    side = 2 * math.ceil(HALF_EXTENT_MM / control_mm) + 3
    noise = rng.standard_normal((channels, side, side, side), dtype=np.float32)
    return Lattice(noise / np.float32(UNIT_NORM), control_mm)


def draw_displacement(
    rng: np.random.Generator, axes: Axes, amplitude_mm: float, scales: tuple[tuple[float, float], ...]
) -> Displacement:
    """A random smooth displacement in mm.

    Args:
        rng: draws the coefficients.
        axes: where to evaluate it.
        amplitude_mm: root mean square along each axis, over all scales together.
        scales: lattice spacings in mm with their relative amplitudes.
    """
    norm = math.sqrt(sum(share**2 for _, share in scales))
    fields = [
        np.float32(amplitude_mm * share / norm) * draw_lattice(rng, 3, control_mm).on(axes)
        for control_mm, share in scales
    ]
    total: Displacement = np.stack(fields).sum(0)
    return total


@dataclass(frozen=True)
class Pose:
    """A rigid motion about the centre of the brain.

    Attributes:
        rotation_deg: angles about the right, anterior and superior axis.
        shift_mm: translation along them.
    """

    rotation_deg: tuple[float, float, float]
    shift_mm: tuple[float, float, float]

    def displacement(self, points: Displacement) -> Displacement:
        """R x + t - x in mm."""
        from scipy.spatial.transform import Rotation

        matrix = Rotation.from_euler("xyz", self.rotation_deg, degrees=True).as_matrix() - np.eye(3)
        shift = np.asarray(self.shift_mm).reshape(3, 1, 1, 1)
        moved: Displacement = (np.einsum("ab,bxyz->axyz", matrix, points) + shift).astype(np.float32)
        return moved


def draw_pose(rng: np.random.Generator, rotation_deg: float, shift_mm: float) -> Pose:
    """Normal angles and shifts with these standard deviations."""
    angles, shifts = rng.normal(0.0, 1.0, (2, 3)) * [[rotation_deg], [shift_mm]]
    return Pose((angles[0], angles[1], angles[2]), (shifts[0], shifts[1], shifts[2]))


def compose(v: Displacement, u: Displacement, grid: Grid) -> Displacement:
    """Displacement of first `v`, then `u`: total(x) = v(x) + u(x + v(x)), in mm.

    Beyond the grid, `u` is continued by its value on the border.
    """
    index = np.indices(grid.shape, dtype=np.float32) + v / np.float32(grid.spacing_mm)
    total: Displacement = v + interpolate(u, index, "border")
    return total


def jacobian_determinant(u: Displacement, spacing_mm: float) -> Volume:
    """Determinant of d(x + u(x))/dx; a value <= 0 means that space folds over."""
    gradients = np.stack([np.stack(np.gradient(part, spacing_mm)) for part in u])  # 3 3 depth height width
    a, b, c = gradients + np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1, 1)
    determinant: Volume = (
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    )
    return determinant


def sample(maps: Maps, affine: Float[np.ndarray, "4 4"], points: Displacement) -> Maps:
    """Trilinear interpolation of `maps` at world positions; beyond the border they fade into 0 over one voxel.

    Args:
        maps: volumes on one lattice.
        affine: voxel index of `maps` -> mm, in the frame of `points`.
        points: positions in mm.
    """
    inverse = np.linalg.inv(affine)
    index = np.einsum("ab,bxyz->axyz", inverse[:3, :3], points) + inverse[:3, 3].reshape(3, 1, 1, 1)
    return interpolate(maps, index.astype(np.float32), "zeros")


def interpolate(maps: Maps, index: Displacement, outside: Literal["zeros", "border"]) -> Maps:
    """Trilinear interpolation at fractional voxel indices.

    `grid_sample` computes the eight weights once for all maps and is several times faster than SciPy's
    `map_coordinates`, with which the tests compare it.
    """
    sides = np.maximum(np.asarray(maps.shape[1:], np.float32) - 1, 1).reshape(3, 1, 1, 1)
    unit = torch.from_numpy(index * (2 / sides) - 1)  # -1 and 1 are the centres of the first and last voxel
    looked_up = torch.nn.functional.grid_sample(
        torch.from_numpy(np.ascontiguousarray(maps))[None],
        unit.flip(0).movedim(0, -1)[None],
        mode="bilinear",
        padding_mode=outside,
        align_corners=True,
    )
    interpolated: Maps = looked_up[0].numpy()
    return interpolated
