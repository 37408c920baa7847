"""What the GPU engine computes once an image: the plain path's statistics, and which blocks are not all zero."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int32
from torch import Tensor
from torch.nn.functional import max_pool3d, pad

from bench.metrics.engine import HALO
from bench.metrics.engine.gpu.kernel import USED
from bench.metrics.engine.order import Images
from bench.metrics.engine.shapes import Shape, valid
from bench.metrics.msssim import MsSsimSettings
from bench.metrics.pyramid import Scale, pyramid_of

IMAGES_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Program:
    """How the work is cut for the GPU; changes no score beyond the rounding of a sum.

    Attributes:
        side: images of a tile along each side, a power of two; one warp for each of its pairs.
        planes, rows: depth and height of a block of the result in voxels.
    """

    side: int = 2
    planes: int = 8
    rows: int = 16

    def blocks(self, shape: Shape) -> Shape:
        """How many blocks the results of a scale of this shape are cut into along every axis."""
        depth, height, width = valid(shape)
        return (-(-depth // self.planes), -(-height // self.rows), -(-width // USED))


@dataclass(frozen=True, eq=False)
class PreparedScale:
    """One scale of many images.

    Attributes:
        scale: images, means and spreads.
        filled: whether any window of a block of the result holds anything but zeros.
    """

    scale: Scale
    filled: Int32[Tensor, "scan block"]

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """In the order that the kernel expects."""
        return (self.scale.images, self.scale.means, self.scale.spreads, self.filled)

    @property
    def shape(self) -> Shape:
        """The grid of the images."""
        depth, height, width = self.scale.images.shape[1:]
        return (depth, height, width)


Prepared = tuple[PreparedScale, ...]
"""All scales of many images, finest first."""


def prepared(images: Images, settings: MsSsimSettings, program: Program) -> Prepared:
    """The statistics of every image, on its device."""
    return tuple(
        PreparedScale(scale, torch.cat([_filled(some, program) for some in torch.split(scale.images, IMAGES_AT_ONCE)]))
        for scale in pyramid_of(images, settings)
    )


def _filled(images: Float[Tensor, "scan depth height width"], program: Program) -> Int32[Tensor, "scan block"]:
    """Blocks overlap by the window's halo, and those at the end may stick out."""
    depth, height, width = images.shape[1:]
    found = (images != 0).float()[:, None]
    counts = program.blocks((depth, height, width))
    for axis, (count, step) in enumerate(zip(counts, (program.planes, program.rows, USED), strict=True)):
        # Axis by axis: all at once, a GPU would give every block to one thread.
        window, stride, after = [1, 1, 1], [1, 1, 1], [0] * 6
        window[axis], stride[axis] = step + HALO, step
        after[5 - 2 * axis] = max(0, count * step + HALO - images.shape[1 + axis])
        found = max_pool3d(pad(found, after), window, stride=stride)
    return found.flatten(1).int()
