"""The grids of an image's scales, and what its statistics take."""

import math
from collections.abc import Sequence

from bench.metrics.engine import HALO
from bench.metrics.msssim import MsSsimSettings

Shape = tuple[int, int, int]


def scale_shapes(shape: Sequence[int], settings: MsSsimSettings) -> tuple[Shape, ...]:
    """The grid of every scale; halving rounds up."""
    depth, height, width = shape
    shapes = [(depth, height, width)]
    for _ in range(settings.levels - 1):
        depth, height, width = -(-depth // 2), -(-height // 2), -(-width // 2)
        shapes.append((depth, height, width))
    return tuple(shapes)


def valid(shape: Shape) -> Shape:
    """The grid of local statistics: where the window lies inside."""
    return (shape[0] - HALO, shape[1] - HALO, shape[2] - HALO)


def bytes_per_image(shape: Sequence[int], settings: MsSsimSettings) -> int:
    """Memory of one prepared image: its scales, their means and spreads."""
    return 4 * sum(math.prod(side) + 2 * math.prod(valid(side)) for side in scale_shapes(shape, settings))
