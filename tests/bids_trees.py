"""Tiny BIDS trees, made by the tests themselves."""

from pathlib import Path

import nibabel
import numpy as np

from bench.dataset import Grid

SHAPE = (16, 18, 14)
SPACING_MM = 8.0
SMALL = Grid((20, 20, 20), 8.0)


def small_affine() -> np.ndarray:
    """8 mm voxels, the origin somewhere in the volume."""
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = (-50, -70, -40)
    return affine


def ball(person: int) -> tuple[np.ndarray, np.ndarray]:
    """An image and labels 0 to 3: a ball of three shells whose place and size belong to the person."""
    rng = np.random.default_rng(person)
    centre = np.asarray(SHAPE) / 2 + rng.uniform(-1, 1, 3)
    distance = np.linalg.norm(np.indices(SHAPE) - centre.reshape(3, 1, 1, 1), axis=0)
    labels = sum((distance < radius).astype(np.uint8) for radius in (5.5, 4.0 + rng.uniform(-0.5, 0.5), 2.0))
    image = np.array([0.0, 30, 60, 90])[labels] + rng.uniform(0, 10, SHAPE) * (labels > 0)
    return image.astype(np.float32), labels.astype(np.uint8)


def write(path: Path, data: np.ndarray, affine: np.ndarray | None = None) -> None:
    """A NIfTI file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(data, small_affine() if affine is None else affine), path)
