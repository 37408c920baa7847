"""All pairs on the cores of a CPU: tiles of pairs that fit the cache, one a thread."""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor

from bench.metrics.engine.cpu.passes import tile_sums
from bench.metrics.engine.cpu.prepared import Prepared, blocks_of, prepared, single, workspace
from bench.metrics.engine.order import Images, Progress, Tile, all_pairs, each_group, scores_of, tiles
from bench.metrics.engine.shapes import bytes_per_image
from bench.metrics.msssim import MsSsimSettings

TILE = 4
"""Images of a tile along each side: an image is read once for four pairs, and eight blocks fit a last-level cache."""


def engine_matrix(
    images: Images, settings: MsSsimSettings, *, others: Images | None, memory: int, progress: Progress | None
) -> Float32[Tensor, "probe candidate"]:
    """As `bench.metrics.pairwise_msssim.ms_ssim_matrix`, of checked images, on as many threads as torch would use.

    Args:
        memory: bytes for prepared images; what does not fit is prepared again for every group of rows.
    """
    columns = images if others is None else others
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        work = _Work(len(images), len(columns), all_pairs(images, others), settings, pool, progress)
        try:
            each_group(
                images,
                others,
                memory // bytes_per_image(images[0].shape[1:], settings),
                lambda group: prepared(group, settings, pool),
                work.compare,
            )
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return scores_of(torch.from_numpy(work.terms), settings, others is None)


@dataclass
class _Work:
    """The matrix in the making.

    Attributes:
        pairs: to compare in all.
        terms: mean of the term of every scale and pair so far.
        done: pairs compared so far.
    """

    rows: int
    columns: int
    pairs: int
    settings: MsSsimSettings
    pool: Executor
    progress: Progress | None
    done: int = 0
    terms: Float64[np.ndarray, "level row column"] = field(init=False)

    def __post_init__(self) -> None:
        self.terms = np.zeros((self.settings.levels, self.rows, self.columns))

    def compare(self, rows: Prepared, down: int, columns: Prepared, across: int) -> None:
        """Every pair of two groups of images, which stand at these places of the matrix."""
        all_rows, all_columns = range(len(rows[0].images)), range(len(columns[0].images))
        cut = list(tiles(all_rows, all_columns, rows is columns, TILE))
        for tile, means in zip(cut, self.pool.map(lambda t: self._means(rows, columns, t), cut), strict=True):
            place = (slice(down + tile.top, down + tile.bottom), slice(across + tile.left, across + tile.right))
            self.terms[:, *place] = means
            self.done += tile.pairs
            if self.progress is not None:
                self.progress(self.done, self.pairs)

    def _means(self, rows: Prepared, columns: Prepared, tile: Tile) -> Float64[np.ndarray, "level row column"]:
        settings, finest = self.settings, rows[0].images.shape[1:]
        room, line = workspace(finest), np.empty(finest[-1], dtype=np.float32)
        means = np.zeros((settings.levels, tile.bottom - tile.top, tile.right - tile.left))
        for level, (own, other) in enumerate(zip(rows, columns, strict=True)):
            tile_sums(
                own.arrays,
                other.arrays,
                (tile.top, tile.bottom),
                (tile.left, tile.right),
                tile.symmetric,
                single(settings.taps),
                np.float32(settings.c2 / 2),
                np.float32(settings.c1),
                level == settings.levels - 1,
                blocks_of(own.images.shape[1:]),
                room,
                line,
                means[level],
            )
            means[level] /= own.means[0].size
        return means
