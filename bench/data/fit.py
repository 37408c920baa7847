"""Does the brain fit the grid?"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from bench.dataset import Grid
from bench.errors import BenchError

MOST_CUT_OFF = 0.10


def fraction_cut_off(positions_mm: Float[np.ndarray, "voxel 3"], grid: Grid) -> float:
    """Share of brain voxels, given by their centres in mm from the middle of the grid, that lie outside of it."""
    half = np.asarray(grid.shape) * grid.spacing_mm / 2
    return float(np.mean(np.any(np.abs(positions_mm) > half, axis=1)))


def note_on_fit(cut_off: Mapping[str, float], grid: Grid) -> tuple[str, ...]:
    """The sentence for the record: the worst scan's share of brain outside of the grid; none if every brain fits.

    Args:
        cut_off: share of the brain that is outside, by scan.
        grid: for the message.

    Raises:
        BenchError: more than 10 % of a brain is outside.
    """
    worst = max(cut_off, key=lambda scan: cut_off[scan])
    share = cut_off[worst]
    if share > MOST_CUT_OFF:
        size = " x ".join(f"{side * grid.spacing_mm:g}" for side in grid.shape)
        raise BenchError(
            f"{worst}: {share:.1%} of the brain lies outside of the grid of {size} mm (allowed: {MOST_CUT_OFF:.0%}); "
            "choose a larger shape or spacing"
        )
    return (f"Up to {share:.2%} of a brain's voxels lie outside of the grid.",) if share > 0 else ()
