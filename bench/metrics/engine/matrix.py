"""The order of the work: groups of images that fit the memory, tiles of pairs that fit the cache, one a thread."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float32, Float64
from torch import Tensor

from bench.metrics.engine.passes import tile_sums
from bench.metrics.engine.prepared import (
    Prepared,
    blocks_of,
    bytes_per_image,
    prepared,
    single,
    workspace,
)
from bench.metrics.msssim import MsSsimSettings, combined

TILE = 4
"""Images of a tile along each side: an image is read once for four pairs, and eight blocks fit a last-level cache."""

Images = Sequence[Tensor] | Tensor
Progress = Callable[[int, int], None]


def engine_matrix(
    images: Images, settings: MsSsimSettings, *, others: Images | None, memory: int, progress: Progress | None
) -> Float32[Tensor, "probe candidate"]:
    """As `bench.metrics.pairwise_msssim.ms_ssim_matrix`, of checked images, on as many threads as torch would use.

    Args:
        memory: bytes for prepared images; what does not fit is prepared again for every group of rows.
    """
    columns = images if others is None else others
    room = max(2, memory // bytes_per_image(images[0].shape[1:], settings))
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        work = _Work(len(images), len(columns), others is None, settings, pool, progress)
        try:
            if others is None:
                _among_themselves(work, images, room)
            else:
                _with_others(work, images, others, room)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    terms = torch.from_numpy(work.terms)
    scores = combined(terms.flatten(1), settings).float().reshape(terms.shape[1:])
    if others is None:
        above = scores.triu(1)
        scores = above + above.T + torch.eye(len(scores))
    return scores


def _among_themselves(work: "_Work", images: Images, room: int) -> None:
    count = len(images)
    size = count if count <= room else room // 2
    for start in range(0, count, size):
        rows = prepared(images[start : start + size], work.settings, work.pool)
        work.compare(rows, start, rows, start)
        for later in range(start + size, count, size):
            work.compare(rows, start, prepared(images[later : later + size], work.settings, work.pool), later)
        del rows  # before the next ones are made


def _with_others(work: "_Work", images: Images, others: Images, room: int) -> None:
    size = min(len(images), room // 2)
    width = min(len(others), room - size)
    for start in range(0, len(images), size):
        rows = prepared(images[start : start + size], work.settings, work.pool)
        for first in range(0, len(others), width):
            columns = prepared(others[first : first + width], work.settings, work.pool)
            work.compare(rows, start, columns, first)
            del columns
        del rows  # before the next ones are made


@dataclass(frozen=True)
class _Tile:
    """A rectangle of pairs: first and last (exclusive) row and column."""

    top: int
    bottom: int
    left: int
    right: int
    symmetric: bool

    @property
    def pairs(self) -> int:
        """How many are compared: above the diagonal only, where rows and columns are the same images."""
        if not self.symmetric:
            return (self.bottom - self.top) * (self.right - self.left)
        return sum(max(0, self.right - max(self.left, row + 1)) for row in range(self.top, self.bottom))


@dataclass
class _Work:
    """The matrix in the making.

    Attributes:
        terms: mean of the term of every scale and pair so far.
        done: pairs compared so far.
    """

    rows: int
    columns: int
    symmetric: bool
    settings: MsSsimSettings
    pool: Executor
    progress: Progress | None
    done: int = 0
    terms: Float64[np.ndarray, "level row column"] = field(init=False)

    def __post_init__(self) -> None:
        self.terms = np.zeros((self.settings.levels, self.rows, self.columns))

    @property
    def pairs(self) -> int:
        """How many there are in all."""
        return self.rows * (self.rows - 1) // 2 if self.symmetric else self.rows * self.columns

    def compare(self, rows: Prepared, down: int, columns: Prepared, across: int) -> None:
        """Every pair of two groups of images, which stand at these places of the matrix."""
        tiles = list(_tiles(len(rows[0].images), len(columns[0].images), rows is columns))
        for tile, means in zip(tiles, self.pool.map(lambda t: self._means(rows, columns, t), tiles), strict=True):
            place = (slice(down + tile.top, down + tile.bottom), slice(across + tile.left, across + tile.right))
            self.terms[:, *place] = means
            self.done += tile.pairs
            if self.progress is not None:
                self.progress(self.done, self.pairs)

    def _means(self, rows: Prepared, columns: Prepared, tile: _Tile) -> Float64[np.ndarray, "level row column"]:
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


def _tiles(rows: int, columns: int, symmetric: bool) -> Iterator[_Tile]:
    for top in range(0, rows, TILE):
        for left in range(top if symmetric else 0, columns, TILE):
            yield _Tile(top, min(top + TILE, rows), left, min(left + TILE, columns), symmetric)
