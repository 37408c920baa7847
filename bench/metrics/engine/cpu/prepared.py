"""What the engine computes once an image: every scale, its local means and spreads, and where it is not zero."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int64
from torch import Tensor

from bench.metrics.engine import HALO
from bench.metrics.engine.cpu.passes import BLOCK, WORKSPACE_PLANES, halved_into, local_statistics
from bench.metrics.engine.shapes import Shape, scale_shapes, valid
from bench.metrics.msssim import MsSsimSettings

Blocks = Int64[np.ndarray, "block 6"]
Volumes = Float32[np.ndarray, "scan depth height width"]


@dataclass(frozen=True, eq=False)
class PreparedScale:
    """One scale of many images; see `bench.metrics.pairwise_msssim.Scale` for the first three.

    Attributes:
        boxes: first and last (exclusive) voxel along every axis, in every block of the result, whose window holds
            anything but zeros.
    """

    images: Float32[np.ndarray, "scan depth height width"]
    means: Float32[np.ndarray, "scan valid_depth valid_height valid_width"]
    spreads: Float32[np.ndarray, "scan valid_depth valid_height valid_width"]
    boxes: Int64[np.ndarray, "scan block 6"]

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """In the order that the compiled passes expect."""
        return (self.images, self.means, self.spreads, self.boxes)


Prepared = tuple[PreparedScale, ...]
"""All scales of many images, finest first."""


def prepared(images: Sequence[Tensor] | Tensor, settings: MsSsimSettings, pool: Executor) -> Prepared:
    """The statistics of every image, several images at a time.

    Args:
        images: single precision, one channel, of one shape, on the CPU; read one by one, so a sequence may load them.
        pool: of threads.
    """
    shapes = scale_shapes(images[0].shape[1:], settings)
    inputs = _as_they_are(images)
    scales = tuple(_empty(len(images), shape, inputs if level == 0 else None) for level, shape in enumerate(shapes))

    def fill(row: int) -> None:
        if inputs is None:
            scales[0].images[row] = images[row][0].detach().numpy()
        work = workspace(shapes[0])
        for level, scale in enumerate(scales):
            if level > 0:
                halved_into(scales[level - 1].images[row], scale.images[row])
            local_statistics(
                scale.images[row],
                single(settings.taps),
                np.float32(settings.c2 / 2),
                blocks_of(shapes[level]),
                work,
                scale.means[row],
                scale.spreads[row],
                scale.boxes[row],
            )

    list(pool.map(fill, range(len(images))))
    return scales


@lru_cache(maxsize=64)
def blocks_of(shape: Shape) -> Blocks:
    """The blocks that the results of a scale of this shape are cut into."""
    depth, height, width = valid(shape)
    return np.array(
        [
            (top, min(top + BLOCK[0], depth), front, min(front + BLOCK[1], height), 0, width)
            for top in range(0, depth, BLOCK[0])
            for front in range(0, height, BLOCK[1])
        ],
        dtype=np.int64,
    )


def workspace(shape: Shape) -> Float32[np.ndarray, " voxel"]:
    """Room for one block of a volume of this shape and the stages of its averaging."""
    return np.empty(WORKSPACE_PLANES * (BLOCK[1] + HALO) * shape[2], dtype=np.float32)


def single(taps: Sequence[float]) -> Float32[np.ndarray, " tap"]:
    """The window in single precision, as torch rounds it when it scales an image."""
    return np.array(taps, dtype=np.float32)


def _as_they_are(images: Sequence[Tensor] | Tensor) -> Volumes | None:
    """A stack of images in the layout that the passes read, which need not be copied; None for any other."""
    if isinstance(images, Tensor) and images.is_contiguous():
        volumes: Volumes = images.detach()[:, 0].numpy()
        return volumes
    return None


def _empty(count: int, shape: Shape, images: Volumes | None) -> PreparedScale:
    return PreparedScale(
        images=np.empty((count, *shape), dtype=np.float32) if images is None else images,
        means=np.empty((count, *valid(shape)), dtype=np.float32),
        spreads=np.empty((count, *valid(shape)), dtype=np.float32),
        boxes=np.empty((count, len(blocks_of(shape)), 6), dtype=np.int64),
    )
