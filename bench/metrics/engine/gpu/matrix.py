"""All pairs on a GPU: squares of pairs, one launch of the kernel for every scale of a square."""

from dataclasses import dataclass, field
from functools import lru_cache

import torch
from jaxtyping import Float32, Float64, Int32
from torch import Tensor

from bench.metrics.engine.gpu.kernel import block_sums
from bench.metrics.engine.gpu.prepared import Prepared, PreparedScale, Program, prepared
from bench.metrics.engine.order import Images, Progress, Tile, all_pairs, each_group, scores_of, tiles
from bench.metrics.engine.shapes import bytes_per_image
from bench.metrics.msssim import MsSsimSettings

SQUARE = 32
"""Images of a launch along each side. Its programs go through all pairs of a block before the next block, so that this
part of 64 images is read from memory once and then comes from the second-level cache (about 4 MB of it)."""
PROGRAM = Program()


def gpu_matrix(
    images: Images,
    settings: MsSsimSettings,
    *,
    others: Images | None,
    memory: int,
    progress: Progress | None,
    program: Program = PROGRAM,
) -> Float32[Tensor, "probe candidate"]:
    """As `bench.metrics.pairwise_msssim.ms_ssim_matrix`, of checked images on a CUDA device.

    Nothing waits for the device before the end, unless there is progress to be told.

    Args:
        memory: bytes for prepared images; what does not fit is prepared again for every group of rows.
    """
    columns = images if others is None else others
    device = images[0].device
    terms = torch.zeros(settings.levels, len(images), len(columns), dtype=torch.float64, device=device)
    work = _Work(terms, all_pairs(images, others), settings, program, progress)
    with torch.cuda.device_of(images[0]):  # type: ignore[no-untyped-call]  # launches go to the current device
        each_group(
            images,
            others,
            memory // bytes_per_image(images[0].shape[1:], settings),
            lambda group: prepared(group, settings, program),
            work.compare,
        )
    return scores_of(terms, settings, others is None)


@dataclass
class _Work:
    """The matrix in the making.

    Attributes:
        terms: mean of the term of every scale and pair so far.
        pairs: to compare in all.
        done: pairs compared so far.
    """

    terms: Float64[Tensor, "level row column"]
    pairs: int
    settings: MsSsimSettings
    program: Program
    progress: Progress | None
    done: int = field(default=0, init=False)

    def compare(self, rows: Prepared, down: int, columns: Prepared, across: int) -> None:
        """Every pair of two groups of images, which stand at these places of the matrix."""
        all_rows, all_columns = range(len(rows[0].filled)), range(len(columns[0].filled))
        for square in tiles(all_rows, all_columns, rows is columns, SQUARE):
            place = (slice(down + square.top, down + square.bottom), slice(across + square.left, across + square.right))
            for level, (own, other) in enumerate(zip(rows, columns, strict=True)):
                self.terms[level, *place] = self._means(own, other, square, level == self.settings.levels - 1)
            self.done += square.pairs
            if self.progress is not None:
                if self.terms.is_cuda:
                    torch.cuda.synchronize(self.terms.device)  # done, not only asked for
                self.progress(self.done, self.pairs)

    def _means(
        self, rows: PreparedScale, columns: PreparedScale, square: Tile, coarsest: bool
    ) -> Float64[Tensor, "row column"]:
        """Mean of the term of one scale; pairs of a symmetric square that lie in no tile have 0."""
        height, width, side = square.bottom - square.top, square.right - square.left, self.program.side
        halved = square.symmetric and square.top == square.left  # only squares on the diagonal have a lower half
        tops, lefts = _corners(height, width, halved, side, rows.filled.device)
        blocks = rows.filled.shape[1]
        sums = rows.scale.images.new_empty(len(tops), side * side, blocks)
        outer, middle, inner, centre = self.settings.taps[:4]
        block_sums[(len(tops), blocks)](
            *rows.tensors,
            *columns.tensors,
            tops + square.top,
            lefts + square.left,
            sums,
            len(rows.filled),
            len(columns.filled),
            *rows.shape,
            outer,
            middle,
            inner,
            centre,
            self.settings.c2 / 2,
            self.settings.c1,
            COARSEST=coarsest,
            SIDE=side,
            PLANES=self.program.planes,
            ROWS=self.program.rows,
            num_warps=side * side,
            enable_fp_fusion=True,  # as torch's own kernels
        )
        means = sums.sum(dim=2, dtype=torch.float64) / rows.scale.means[0].numel()
        whole = means.new_zeros(-(-height // side), -(-width // side), side, side)
        whole[tops // side, lefts // side] = means.reshape(-1, side, side)
        return whole.transpose(1, 2).flatten(2, 3).flatten(0, 1)[:height, :width]


@lru_cache(maxsize=64)
def _corners(
    height: int, width: int, symmetric: bool, side: int, device: torch.device
) -> tuple[Int32[Tensor, " tile"], Int32[Tensor, " tile"]]:
    """First row and column of every tile of a square. Kept, because sending them waits for the device."""
    cut = list(tiles(range(height), range(width), symmetric, side))
    tops = torch.tensor([tile.top for tile in cut], dtype=torch.int32, device=device)
    return tops, torch.tensor([tile.left for tile in cut], dtype=torch.int32, device=device)
