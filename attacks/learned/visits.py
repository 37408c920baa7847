"""Made-up visits and made-up people, for an attacker with few scans.

Source: the generative model of SynthSeg (Billot et al., Medical Image Analysis 86, 2023) with smooth warps after
Rueckert et al. 1999 (`bench.data.warp`): another visit moves a head a little and changes its contrast, another person
has another shape. Nothing of it is taken from the victims.
"""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from bench.data.warp import (
    ANATOMY_SCALES,
    VISIT_SCALES,
    Displacement,
    axes_mm,
    draw_displacement,
    draw_pose,
    interpolate,
    points_mm,
)
from bench.dataset import Grid
from bench.types.scan import Scan

Volume = Float[Tensor, "1 depth height width"]
Maps = Float[Tensor, "_map depth height width"]

VISIT_WARP_MM = 0.5
VISIT_SHIFT_MM = 0.5
VISIT_ROTATION_DEG = 0.5
VISIT_GAMMA = 0.05
VISIT_NOISE = 0.01
PERSON_WARP_MM = 4.0
"""Root mean square along each axis; brains that were aligned by an affine map differ by some 4 mm."""


def another_visit(image: Volume, spacing_mm: float, rng: np.random.Generator) -> Volume:
    """The same head, lying a little differently, with another contrast and other noise; 0 stays 0 far outside."""
    return _seen_again(_moved(image, _small(image, spacing_mm, rng), spacing_mm), rng)


def another_scan(scan: Scan, classes: int, spacing_mm: float, rng: np.random.Generator) -> Scan:
    """The same person at another visit, with the labels that belong to it.

    Args:
        classes: how many values labels have.
    """
    displacement = _small(scan.image, spacing_mm, rng)
    shares = F.one_hot(scan.labels.long(), classes).movedim(-1, 0).float()
    return replace(
        scan,
        image=_seen_again(_moved(scan.image, displacement, spacing_mm), rng),
        labels=_moved(shares, displacement, spacing_mm).argmax(dim=0).to(torch.uint8),
        session=f"{scan.session}-again",
        simulated=True,
    )


def _small(image: Volume, spacing_mm: float, rng: np.random.Generator) -> Displacement:
    """How the head lies at another visit, in mm."""
    axes = axes_mm(Grid(_sides(image), spacing_mm))
    pose = draw_pose(rng, VISIT_ROTATION_DEG, VISIT_SHIFT_MM).displacement(points_mm(axes))
    displacement: Displacement = pose + draw_displacement(rng, axes, VISIT_WARP_MM, VISIT_SCALES)
    return displacement


def _seen_again(moved: Volume, rng: np.random.Generator) -> Volume:
    toned = moved.clamp(0, 1) ** float(np.exp(rng.normal(0, VISIT_GAMMA)))
    noise = torch.from_numpy(rng.standard_normal(toned.shape, dtype=np.float32)) * VISIT_NOISE
    return torch.where(toned > 0, toned + noise, toned).clamp(0, 1)


def another_person(image: Volume, spacing_mm: float, rng: np.random.Generator) -> Volume:
    """Somebody of another shape: the head mirrored or not, under a smooth warp.

    A mirrored brain is no one's brain (torques and sulci have sides), and costs nothing.
    """
    mirrored = image.flip(1) if rng.random() < 0.5 else image
    axes = axes_mm(Grid(_sides(image), spacing_mm))
    return _moved(mirrored, draw_displacement(rng, axes, PERSON_WARP_MM, ANATOMY_SCALES), spacing_mm)


def _sides(image: Volume) -> tuple[int, int, int]:
    depth, height, width = image.shape[1:]
    return depth, height, width


def _moved(image: Maps, displacement_mm: Displacement, spacing_mm: float) -> Maps:
    index = np.indices(image.shape[1:], dtype=np.float32) + displacement_mm / np.float32(spacing_mm)
    return torch.from_numpy(interpolate(image.numpy(), index.astype(np.float32), "zeros"))
