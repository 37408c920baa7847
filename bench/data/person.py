"""One made-up person: the template with its own folding pattern, tissue contrast, texture and shape."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from bench.data.template import Template, antialias_sigma
from bench.data.warp import ANATOMY_SCALES, Axes, Displacement, axes_mm, draw_displacement, draw_lattice, points_mm
from bench.dataset import Grid

MEAN_INTENSITY = (0.53, 0.74, 0.17)
"""Of GM, WM and CSF in a T1-weighted image whose brightest voxels are 1."""

TEMPLATE_SCALE = 0.92
"""The MNI152 brain has about 1.3 times the volume of an average adult's."""

SHARPENING = 2.0
"""Exponent of the tissue shares: undoes part of the blur of averaging people."""

LOG_ODDS = (0.0, 0.4, 1.2)
"""Of GM, WM and CSF: averaging people loses thin sulci; this brings the volumes near those of adults."""

FOLDING_CONTROL_MM = 6.0
TEXTURE_CONTROL_MM = 4.0
FLOOR = 1e-3


@dataclass(frozen=True, kw_only=True)
class PersonRange:
    """How much people differ; see `bench.data.phantom.Phantom` for the units."""

    anatomy_mm: float
    size: float
    folding: float
    tissue_contrast: float
    texture: float


@dataclass(frozen=True, eq=False)
class Person:
    """One person in the frame of the template.

    Attributes:
        maps: shares of GM, WM and CSF, then the clean image times the brain mask; all in [0, 1].
        affine: voxel index of `maps` -> mm.
        displacement: from the person's frame into the template's, in mm.
    """

    maps: Float[np.ndarray, "4 i j k"]
    affine: Float[np.ndarray, "4 4"]
    displacement: Displacement


def draw_person(rng: np.random.Generator, template: Template, grid: Grid, spread: PersonRange) -> Person:
    """A person, ready to be sampled at the spacing of `grid`."""
    scale = np.exp(rng.normal(0.0, spread.size, 3)) * TEMPLATE_SCALE
    axes = axes_mm(grid)
    stretch = points_mm(axes) * (1 / scale - 1).reshape(3, 1, 1, 1).astype(np.float32)
    warp = draw_displacement(rng, axes, spread.anatomy_mm, ANATOMY_SCALES)
    intensities = np.asarray(MEAN_INTENSITY) + rng.normal(0.0, spread.tissue_contrast, 3)

    inner = template_axes(template)
    tissues = fold(template.tissues, np.float32(spread.folding) * draw_lattice(rng, 3, FOLDING_CONTROL_MM).on(inner))
    brain = tissues.sum(0)
    grain = np.float32(spread.texture) * draw_lattice(rng, 1, TEXTURE_CONTROL_MM).on(inner)[0]
    clean = np.tensordot(intensities.astype(np.float32), tissues, axes=1) + brain * (template.texture + grain)
    maps = np.concatenate([tissues, clean[None]])
    sigma = antialias_sigma(template.spacing_mm, grid.spacing_mm)
    if sigma > 0:
        maps = np.stack([gaussian_filter(part, sigma) for part in maps])
    return Person(maps, template.affine, stretch + warp)


def template_axes(template: Template) -> Axes:
    """Positions of the template's voxels along the three axes, in mm."""
    i, j, k = (
        (np.arange(side) * template.spacing_mm + start).astype(np.float32)
        for side, start in zip(template.texture.shape, template.affine[:3, 3], strict=True)
    )
    return i, j, k


def fold(tissues: Float[np.ndarray, "3 i j k"], log_odds: Float[np.ndarray, "3 i j k"]) -> Float[np.ndarray, "3 i j k"]:
    """Tissue shares of one person given those of many.

    They are share^SHARPENING exp(LOG_ODDS + log_odds), scaled to add up to the mask.
    Where the people behind the template agree, nothing changes; where they do not, this person takes a side.
    """
    usual = np.asarray(LOG_ODDS, np.float32).reshape(3, 1, 1, 1)
    weights = (tissues + np.float32(FLOOR)) ** np.float32(SHARPENING) * np.exp(log_odds + usual)
    weights *= tissues > 0
    shares: Float[np.ndarray, "3 i j k"] = (
        tissues.sum(0) * weights / np.maximum(weights.sum(0), np.float32(np.finfo(np.float32).tiny))
    )
    return shares
