"""The compiled arithmetic of the MS-SSIM engine: one block of one pair at a time, so that a block stays in cache.

Sums are taken in the order of `bench.metrics.msssim.blurred` and with its fused multiply-adds, so that the local
averages are those of the reference to the last bit where torch has the same instructions: a variance taken as a
difference of squares leaves no room for another rounding. Only `contract` is allowed of what `fastmath` offers, and
only here: results depend on neither the number of threads nor the width of the vectors.

All compiled functions stand in this file, because numba notices changes in the file of the called function only. They
carry no annotations for a checker: `no_type_check` keeps run-time checks out of what is compiled.
"""

from collections.abc import Callable
from typing import TypeVar, cast, no_type_check

import numpy as np
from numba import njit

from bench.metrics.engine import HALO

BLOCK = (16, 64)
"""Depth and height of a block in voxels of the result; its width is that of the volume. With its halo a block of
three arrays takes 2.3 MB at a width of 160: the blocks of a tile of images fit a last-level cache."""
HALF, EIGHTH = np.float32(0.5), np.float32(0.125)
STAGES = 3
WORKSPACE_PLANES = BLOCK[0] + HALO + STAGES

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Machine code, kept beside this file or in the user's cache folder; compiled anew where neither can be written."""
    try:
        return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
    except RuntimeError:  # numba found no folder to write to
        return cast(F, njit(nogil=True, error_model="numpy")(function))


def contracted(function: F) -> F:
    """As `compiled`, with a product and a sum rounded once, as one instruction."""
    return cast(F, njit(nogil=True, error_model="numpy", fastmath={"contract"})(function))


@contracted
@no_type_check
def _weighted(out, source, stride, count, taps):
    """`out[i]`: sum of `taps[k] * source[i + k * stride]` for i < count, from the centre outwards."""
    outer, middle, inner, centre = taps[0], taps[1], taps[2], taps[3]
    a = source[:count]
    b = source[stride : stride + count]
    c = source[2 * stride : 2 * stride + count]
    d = source[3 * stride : 3 * stride + count]
    e = source[4 * stride : 4 * stride + count]
    f = source[5 * stride : 5 * stride + count]
    g = source[6 * stride : 6 * stride + count]
    for i in range(count):
        total = centre * d[i]
        total += outer * a[i]
        total += outer * g[i]
        total += middle * b[i]
        total += middle * f[i]
        total += inner * c[i]
        total += inner * e[i]
        out[i] = total


@contracted
@no_type_check
def _centred(average, mean_x, mean_y):
    """A covariance from the local average of the product."""
    return average - mean_x * mean_y


@compiled
@no_type_check
def _averaged_plane(work, plane, size, rows, width, taps):
    """One plane of local averages, `width` apart from row to row, out of `plane` and the six planes after it.

    `work` holds planes of `size`: the block to average, then three for the stages.
    """
    stride, count = size, size
    source = work[plane * size :]
    for stage in range(STAGES):  # depth, height, width
        out = work[len(work) - (STAGES - stage) * size :]
        _weighted(out, source, stride, count, taps)
        source = out
        stride, count = (width, rows * width) if stage == 0 else (1, rows * width - HALO)
    return source


@compiled
@no_type_check
def _structure_of_block(x, y, mean_x, mean_y, spread_x, spread_y, box, taps, half_c2, c1, coarsest, work, sums):
    """Sum of the contrast-structure term (times luminance at the coarsest scale) over a box of the result."""
    top, bottom, front, back, left, right = box[0], box[1], box[2], box[3], box[4], box[5]
    rows, valid = back - front, right - left
    width = valid + HALO
    size = (rows + HALO) * width
    work = work[: (bottom - top + HALO + STAGES) * size]
    for z in range(bottom - top + HALO):
        for h in range(rows + HALO):
            a = x[top + z, front + h, left : left + width]
            b = y[top + z, front + h, left : left + width]
            product = work[z * size + h * width : z * size + (h + 1) * width]
            for w in range(width):
                product[w] = a[w] * b[w]
    total = sums[:valid]
    total[:] = 0
    for z in range(bottom - top):
        averages = _averaged_plane(work, z, size, rows, width, taps)
        for h in range(rows):
            average = averages[h * width : h * width + valid]
            a = mean_x[top + z, front + h, left:right]
            b = mean_y[top + z, front + h, left:right]
            c = spread_x[top + z, front + h, left:right]
            d = spread_y[top + z, front + h, left:right]
            if coarsest:
                for w in range(valid):
                    both = a[w] * b[w]
                    luminance = (both + both + c1) / (a[w] * a[w] + b[w] * b[w] + c1)
                    total[w] += (_centred(average[w], a[w], b[w]) + half_c2) / (c[w] + d[w]) * luminance
            else:
                for w in range(valid):
                    total[w] += (_centred(average[w], a[w], b[w]) + half_c2) / (c[w] + d[w])
    whole = 0.0
    for w in range(valid):
        whole += total[w]
    return whole


@compiled
@no_type_check
def tile_sums(x, y, rows, columns, symmetric, taps, half_c2, c1, coarsest, blocks, work, sums, out):
    """Sums of the term of one scale over the volume, for a tile of pairs, into `out[row, column]`.

    Args:
        x, y: images, means, spreads and boxes of the rows and of the columns.
        rows, columns: first and last (exclusive) of the tile.
        symmetric: whether x and y are the same and only pairs above the diagonal count.
        blocks: first and last voxel of every block of the result along every axis.
    """
    box = blocks[0].copy()
    for block in range(len(blocks)):
        whole = blocks[block]
        voxels = (whole[1] - whole[0]) * (whole[3] - whole[2]) * (whole[5] - whole[4])
        for i in range(rows[0], rows[1]):
            for j in range(columns[0], columns[1]):
                if symmetric and j <= i:
                    continue
                for axis in range(0, 6, 2):
                    box[axis] = min(x[3][i, block, axis], y[3][j, block, axis])
                    box[axis + 1] = max(x[3][i, block, axis + 1], y[3][j, block, axis + 1])
                visited = max(0, box[1] - box[0]) * max(0, box[3] - box[2]) * max(0, box[5] - box[4])
                out[i - rows[0], j - columns[0]] += voxels - visited  # zero in both: the term is 1
                if visited > 0:
                    out[i - rows[0], j - columns[0]] += _structure_of_block(
                        x[0][i],
                        y[0][j],
                        x[1][i],
                        y[1][j],
                        x[2][i],
                        y[2][j],
                        box,
                        taps,
                        half_c2,
                        c1,
                        coarsest,
                        work,
                        sums,
                    )


@compiled
@no_type_check
def local_statistics(image, taps, half_c2, blocks, work, means, spreads, boxes):
    """Means and spreads (see `bench.metrics.pairwise_msssim.Scale`) of one scale of one image, and where it is not 0.

    Args:
        boxes: first and last voxel of the result, in every block, whose window holds anything but zeros.
    """
    for block in range(len(blocks)):
        top, bottom, front, back, left, right = (
            blocks[block][0],
            blocks[block][1],
            blocks[block][2],
            blocks[block][3],
            blocks[block][4],
            blocks[block][5],
        )
        rows, valid = back - front, right - left
        width = valid + HALO
        size = (rows + HALO) * width
        used = work[: (bottom - top + HALO + STAGES) * size]
        _box_of_block(image, blocks[block], boxes[block])
        for squared in (False, True):
            for z in range(bottom - top + HALO):
                for h in range(rows + HALO):
                    a = image[top + z, front + h, left : left + width]
                    product = used[z * size + h * width : z * size + (h + 1) * width]
                    for w in range(width):
                        product[w] = a[w] * a[w] if squared else a[w]
            for z in range(bottom - top):
                averages = _averaged_plane(used, z, size, rows, width, taps)
                for h in range(rows):
                    average = averages[h * width : h * width + valid]
                    mean = means[top + z, front + h, left:right]
                    spread = spreads[top + z, front + h, left:right]
                    for w in range(valid):
                        if squared:
                            spread[w] = (_centred(average[w], mean[w], mean[w]) + half_c2) * HALF
                        else:
                            mean[w] = average[w]


@compiled
@no_type_check
def _box_of_block(image, block, box):
    top, bottom, front, back, left, right = block[0], block[1], block[2], block[3], block[4], block[5]
    box[0], box[1], box[2], box[3], box[4], box[5] = bottom, top, back, front, right, left
    for z in range(top, bottom + HALO):
        for h in range(front, back + HALO):
            line = image[z, h, left : right + HALO]
            first = 0
            while first < len(line) and line[first] == 0:
                first += 1
            if first == len(line):
                continue
            last = len(line) - 1
            while line[last] == 0:
                last -= 1
            # A voxel lies in the windows of the results from six before it up to itself.
            box[0], box[1] = min(box[0], max(top, z - HALO)), max(box[1], min(bottom, z + 1))
            box[2], box[3] = min(box[2], max(front, h - HALO)), max(box[3], min(back, h + 1))
            box[4], box[5] = min(box[4], max(left, left + first - HALO)), max(box[5], min(right, left + last + 1))


@compiled
@no_type_check
def halved_into(image, out):
    """Means of 2x2x2 voxels, odd axes padded by a zero in front, as `bench.metrics.msssim.halved`."""
    depth, height, width = image.shape
    for z in range(out.shape[0]):
        for h in range(out.shape[1]):
            line = out[z, h]
            line[:] = 0
            for dz in range(2 * z - depth % 2, 2 * z - depth % 2 + 2):
                for dh in range(2 * h - height % 2, 2 * h - height % 2 + 2):
                    if dz < 0 or dh < 0:
                        continue
                    source = image[dz, dh]
                    odd = width % 2
                    if odd:
                        line[0] += source[0]
                    for w in range(odd, len(line)):
                        line[w] += source[2 * w - odd]
                        line[w] += source[2 * w - odd + 1]
            for w in range(len(line)):
                line[w] *= EIGHTH
