"""The arithmetic of the MS-SSIM engine on GPUs: one block of a square of pairs in one program, all in registers.

A program compares `SIDE` images with `SIDE` others, one pair a warp, so that an image read for one pair is in the first
cache for the next. A warp takes 32 neighbouring columns of a block and goes down its rows. Of every row it multiplies
`PLANES + 6` planes of both images and averages them along the depth; the last seven rows of such averages stay in
registers and are averaged along the height; along the width lanes look at their neighbours' registers, so that 26 of
the 32 have a result. Nothing but the images and their statistics is read, nothing but one sum a block is written.

Sums are taken in the order of `bench.metrics.msssim.blurred`, axis by axis and tap by tap, with its fused
multiply-adds: the statistics, which torch computes, are then those of the same average, and an image scores 1 with
itself.

With `TRITON_INTERPRET=1` in the environment the same program runs in numpy, slowly, on a machine without a GPU.
"""

from typing import no_type_check

import triton
import triton.language as tl

from bench.metrics.engine import HALO as _HALO

LANES = 32
USED = LANES - _HALO
"""Results of a warp along the width."""

HALO, WARP, RESULTS = tl.constexpr(_HALO), tl.constexpr(LANES), tl.constexpr(USED)


@triton.jit
@no_type_check
def _weighted(a, b, c, d, e, f, g, outer, middle, inner, centre):
    """Seven neighbours, from the centre, then from the outside inwards."""
    total = centre * d
    total += outer * a
    total += outer * g
    total += middle * b
    total += middle * f
    total += inner * c
    total += inner * e
    return total


@triton.jit
@no_type_check
def _along_the_width(line, lane, outer, middle, inner, centre):
    """Averages of every lane and the six after it; the last six lanes are not to be used."""
    return _weighted(
        line,
        tl.gather(line, tl.minimum(lane + 1, WARP - 1), axis=1),
        tl.gather(line, tl.minimum(lane + 2, WARP - 1), axis=1),
        tl.gather(line, tl.minimum(lane + 3, WARP - 1), axis=1),
        tl.gather(line, tl.minimum(lane + 4, WARP - 1), axis=1),
        tl.gather(line, tl.minimum(lane + 5, WARP - 1), axis=1),
        tl.gather(line, tl.minimum(lane + 6, WARP - 1), axis=1),
        outer,
        middle,
        inner,
        centre,
    )


@triton.jit(
    do_not_specialize=("rows", "columns", "depth", "height", "width")  # compiled once for every scale
)
@no_type_check
def block_sums(
    x,
    mean_x,
    spread_x,
    filled_x,
    y,
    mean_y,
    spread_y,
    filled_y,
    tops,
    lefts,
    out,
    rows,
    columns,
    depth,
    height,
    width,
    outer,
    middle,
    inner,
    centre,
    half_c2,
    c1,
    COARSEST: tl.constexpr,
    SIDE: tl.constexpr,
    PLANES: tl.constexpr,
    ROWS: tl.constexpr,
):
    """Sums of the term of one scale over blocks of the result, into `out[tile, pair, block]`.

    One program for every tile (first axis of the grid) and block (second axis). The blocks lie width first, then
    height, then depth, `RESULTS`, `ROWS` and `PLANES` apart.

    Args:
        x, mean_x, spread_x: images of the rows and their statistics, see `bench.metrics.pairwise_msssim.Scale`.
        filled_x: for every image and block, whether any of its windows holds anything but zeros.
        y, mean_y, spread_y, filled_y: the same for the columns.
        tops, lefts: first row and column of every tile.
        rows, columns: how many images there are.
        depth, height, width: of the images.
        outer, middle, inner, centre: the window.
        COARSEST: whether luminance counts.
    """
    tile, block, blocks = tl.program_id(0), tl.program_id(1), tl.num_programs(1)
    valid_depth, valid_height, valid_width = depth - HALO, height - HALO, width - HALO
    along, across = tl.cdiv(valid_height, ROWS), tl.cdiv(valid_width, RESULTS)
    top = block // (across * along) * PLANES
    front = block // across % along * ROWS
    left = block % across * RESULTS
    back = tl.minimum(front + ROWS, valid_height)

    pair = tl.arange(0, SIDE * SIDE)
    row = tl.load(tops + tile) + pair // SIDE
    column = tl.load(lefts + tile) + pair % SIDE
    place = out + (tile * SIDE * SIDE + pair) * blocks + block
    # A tile that sticks out repeats the last image; nobody reads the result. Cohorts may have over 2^31 voxels.
    row = tl.minimum(row, rows - 1).to(tl.int64)
    column = tl.minimum(column, columns - 1).to(tl.int64)

    filled = tl.load(filled_x + row * blocks + block) | tl.load(filled_y + column * blocks + block)
    if tl.max(filled) == 0:  # zero in all of them: the term is 1
        voxels = tl.minimum(PLANES, valid_depth - top) * (back - front) * tl.minimum(RESULTS, valid_width - left)
        tl.store(place, tl.full([SIDE * SIDE], 1.0, tl.float32) * voxels)
    else:
        zero = tl.zeros([SIDE * SIDE, WARP], tl.float32)
        lane = tl.broadcast_to(tl.arange(0, WARP)[None, :], zero.shape)
        in_image, in_result = width - left, tl.minimum(RESULTS, valid_width - left)  # lanes
        voxels = depth * height * width
        from_x = x + (row * voxels)[:, None] + left + lane
        from_y = y + (column * voxels)[:, None] + left + lane
        results = valid_depth * valid_height * valid_width
        of_x = (row * results)[:, None] + left + lane
        of_y = (column * results)[:, None] + left + lane
        total = zero
        ring = ()  # averages along the depth, row by row, `PLANES` each
        for _ in tl.static_range(HALO * PLANES):
            ring += (zero,)
        for step in range(ROWS + HALO):
            h = front + step
            products = ()
            for k in tl.static_range(PLANES + HALO):
                line = ((top + k) * height + h) * width
                here = lane < tl.where((top + k < depth) & (h < height), in_image, 0)
                one = tl.load(from_x + line, mask=here, other=0.0)
                other = tl.load(from_y + line, mask=here, other=0.0)
                products += (one * other,)
            for k in tl.static_range(PLANES):
                ring += (
                    _weighted(
                        products[k],
                        products[k + 1],
                        products[k + 2],
                        products[k + 3],
                        products[k + 4],
                        products[k + 5],
                        products[k + 6],
                        outer,
                        middle,
                        inner,
                        centre,
                    ),
                )
            if step >= HALO:
                for k in tl.static_range(PLANES):
                    average = _weighted(
                        ring[k],
                        ring[k + PLANES],
                        ring[k + 2 * PLANES],
                        ring[k + 3 * PLANES],
                        ring[k + 4 * PLANES],
                        ring[k + 5 * PLANES],
                        ring[k + 6 * PLANES],
                        outer,
                        middle,
                        inner,
                        centre,
                    )
                    average = _along_the_width(average, lane, outer, middle, inner, centre)
                    line = ((top + k) * valid_height + h - HALO) * valid_width
                    here = lane < tl.where((top + k < valid_depth) & (h < height), in_result, 0)
                    a = tl.load(mean_x + of_x + line, mask=here, other=0.0)
                    b = tl.load(mean_y + of_y + line, mask=here, other=0.0)
                    spread = tl.load(spread_x + of_x + line, mask=here, other=1.0)
                    spread += tl.load(spread_y + of_y + line, mask=here, other=1.0)
                    term = tl.div_rn(average - a * b + half_c2, spread)
                    if COARSEST:
                        both = a * b
                        term *= tl.div_rn(both + both + c1, a * a + b * b + c1)
                    total += tl.where(here, term, 0.0)
            ring = ring[PLANES:]
        tl.store(place, tl.sum(total, axis=1))
