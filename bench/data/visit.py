"""A made-up second visit: the same head, lying differently, changed a little, scanned on another day."""

from dataclasses import dataclass

import numpy as np

from bench.data.appearance import Appearance, AppearanceRange, draw_appearance
from bench.data.warp import (
    VISIT_SCALES,
    Displacement,
    axes_mm,
    draw_displacement,
    draw_pose,
    jacobian_determinant,
    points_mm,
)
from bench.dataset import Grid
from bench.errors import BenchError


@dataclass(frozen=True, kw_only=True)
class VisitRange:
    """How much two visits of a person differ.

    Attributes:
        warp_mm: root mean square of the smooth change of shape along each axis.
        rotation_deg: standard deviation of each angle of the pose.
        shift_mm: standard deviation of each shift of the pose.
        appearance: spread of contrast, gamma, bias field and noise.
    """

    warp_mm: float
    rotation_deg: float
    shift_mm: float
    appearance: AppearanceRange

    def __post_init__(self) -> None:
        for name in ("warp_mm", "rotation_deg", "shift_mm"):
            if not 0 <= getattr(self, name) <= 45:
                raise ValueError(f"{name} must be in [0, 45], got {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class Visit:
    """One drawn visit.

    Attributes:
        displacement: from the visit's frame into the person's, in mm.
    """

    displacement: Displacement
    appearance: Appearance


def draw_visit(rng: np.random.Generator, grid: Grid, classes: int, spread: VisitRange) -> Visit:
    """A visit for scans with `classes` foreground classes.

    Pose and change of shape are small and are added up in the frame of the visit.
    """
    axes = axes_mm(grid)
    pose = draw_pose(rng, spread.rotation_deg, spread.shift_mm).displacement(points_mm(axes))
    warp = draw_displacement(rng, axes, spread.warp_mm, VISIT_SCALES)
    return Visit(pose + warp, draw_appearance(rng, classes, spread.appearance))


def require_no_folding(displacement: Displacement, grid: Grid, settings: str) -> None:
    """Refuse a displacement that turns space inside out.

    Args:
        displacement: in mm.
        grid: on which it is given.
        settings: what the user can turn down, for the message.

    Raises:
        BenchError: the Jacobian determinant is not positive everywhere.
    """
    lowest = float(jacobian_determinant(displacement, grid.spacing_mm).min())
    if lowest <= 0:
        raise BenchError(f"{settings} folds space (Jacobian determinant {lowest:.2f} <= 0); use a smaller value")
