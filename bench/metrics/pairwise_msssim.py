"""MS-SSIM of all pairs, with everything that depends on one image alone computed once.

Source: own reorganisation of Eq. (7) of Wang et al. 2003, see `bench.metrics.msssim`. Local means and variances
belong to one image; a pair adds only its local covariance, one filtering of the product per scale.
"""

import math
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from bench.metrics.msssim import MsSsimSettings, blurred, combined
from bench.metrics.pyramid import Images, Pyramid, Scale, check_cohort, pyramid_of

VOXELS_AT_ONCE = 2**20
"""Candidates are compared in groups of about this many voxels: enough to hide the cost of a call, few enough to
stay in a processor's cache and to keep memory far below one volume per pair."""
ENGINE_PAYS = 2**24
"""Voxels times pairs from which the engine is used. The plain path takes a third of a second for that many and a cell
asks dozens of times; loading the engine takes a second once in a process, compiling it six once on a machine."""
KERNEL_PAYS = 2**30
"""The same for a GPU, whose plain path is faster and whose compilation takes as long: 250 pairs of 144x192x160."""
MEMORY = 4 * 2**30
"""Bytes that the engine may take for its prepared images on a CPU: room for more than 70 volumes of 144x192x160. On a
GPU it is half of what is free."""

Others = Sequence[Float[Tensor, "1 _ _ _"]] | Float[Tensor, "other 1 _ _ _"]
Progress = Callable[[int, int], None]


def ms_ssim_matrix(
    images: Images,
    settings: MsSsimSettings,
    *,
    others: Others | None = None,
    progress: Progress | None = None,
    memory: int | None = None,
) -> Float[Tensor, "probe candidate"]:
    """MS-SSIM of every image with every image of `others`, or among themselves; in [0, 1], on the images' device.

    Without `others` each pair is computed once and the diagonal is 1. No gradients flow. K queries of one scan are K
    rows. Large cohorts go through `bench.metrics.engine`, on a GPU where Triton is installed; its scores are within
    1e-6 of the plain path's where images have contrast, and within 1e-5 where they are flat.

    Args:
        images: the rows.
        settings: levels and window.
        others: the columns; None for `images` again.
        progress: called with `(pairs done, pairs in all)` every now and then, at the latest after every row of tiles.
        memory: bytes that the engine may take for what it keeps of the images, beside the images themselves; None for
            `MEMORY` on a CPU and half of what is free on a GPU.

    Raises:
        BenchError: the grid is too small for the settings.
        ValueError: there are no images, they differ in shape, or they have less than single precision.
    """
    columns = images if others is None else others
    for group in (images, columns):
        check_cohort(group, settings)
    grid, other_grid = tuple(images[0].shape[1:]), tuple(columns[0].shape[1:])
    if grid != other_grid:
        raise ValueError(f"images and others must share one grid, got {grid} and {other_grid}")
    pairs = len(images) * (len(images) - 1) // 2 if others is None else len(images) * len(others)
    alike = images[0].dtype == columns[0].dtype and images[0].device == columns[0].device
    room = room_for(images[0].device, images[0].dtype, settings) if alike else None
    if room == "cpu" and pairs * math.prod(grid) >= ENGINE_PAYS:
        from bench.metrics.engine.cpu.matrix import engine_matrix  # loads a compiler, which takes a moment

        budget = MEMORY if memory is None else memory
        return engine_matrix(images, settings, others=others, memory=budget, progress=progress)
    if room == "gpu" and pairs * math.prod(grid) >= KERNEL_PAYS:
        from bench.metrics.engine.gpu.matrix import gpu_matrix

        budget = torch.cuda.mem_get_info(images[0].device)[0] // 2 if memory is None else memory
        return gpu_matrix(images, settings, others=others, memory=budget, progress=progress)
    return plain_matrix(images, settings, others=others, progress=progress)


def room_for(device: torch.device, dtype: torch.dtype, settings: MsSsimSettings) -> Literal["cpu", "gpu"] | None:
    """The room of the engine that was written for such images; None for the plain path."""
    from bench.metrics.engine import WINDOW

    if dtype != torch.float32 or settings.window != WINDOW:
        return None
    if device.type == "cpu":
        return "cpu"
    # Triton comes with torch's builds for CUDA, but not with all of them.
    return "gpu" if device.type == "cuda" and find_spec("triton") is not None else None


def plain_matrix(
    images: Images,
    settings: MsSsimSettings,
    *,
    others: Others | None = None,
    progress: Progress | None = None,
) -> Float[Tensor, "probe candidate"]:
    """`ms_ssim_matrix` of checked images by torch alone, on any device and in double precision too; the reference."""
    probes = pyramid_of(images, settings)
    count = len(images)
    if others is None:
        matrix = torch.eye(count, dtype=probes[0].images.dtype, device=probes[0].images.device)
        for row in range(count - 1):
            scores = compare(probes, row, probes, row + 1, settings)
            matrix[row, row + 1 :] = scores
            matrix[row + 1 :, row] = scores
            if progress is not None:
                progress((row + 1) * (2 * count - row - 2) // 2, count * (count - 1) // 2)
        return matrix
    candidates = pyramid_of(others, settings)
    rows = []
    for row in range(count):
        rows.append(compare(probes, row, candidates, 0, settings))
        if progress is not None:
            progress((row + 1) * len(others), count * len(others))
    return torch.stack(rows)


def compare(
    probes: Pyramid, row: int, candidates: Pyramid, start: int, settings: MsSsimSettings
) -> Float[Tensor, " candidate"]:
    """MS-SSIM of one probe with all candidates from `start` on."""
    finest = candidates[0].images
    group = max(1, VOXELS_AT_ONCE // finest[0].numel())
    parts = []
    for first in range(start, len(finest), group):
        chosen = slice(first, first + group)
        terms = [
            _structure(probe, row, candidate, chosen, settings).mean(dim=(1, 2, 3))
            for probe, candidate in zip(probes[:-1], candidates[:-1], strict=True)
        ]
        last, other = probes[-1], candidates[-1]
        term = _structure(last, row, other, chosen, settings) * _luminance(last, row, other, chosen, settings)
        parts.append(combined(torch.stack([*terms, term.mean(dim=(1, 2, 3))]), settings))
    return torch.cat(parts)


def _structure(
    probe: Scale, row: int, candidate: Scale, chosen: slice, settings: MsSsimSettings
) -> Float[Tensor, "candidate valid_depth valid_height valid_width"]:
    term = blurred(probe.images[row] * candidate.images[chosen], settings.taps)
    # The same operation as in `pyramid_of`: an image compared with itself then scores exactly 1.
    term.addcmul_(probe.means[row].expand_as(term), candidate.means[chosen], value=-1)
    return term.add_(settings.c2 / 2).div_(probe.spreads[row] + candidate.spreads[chosen])


def _luminance(
    probe: Scale, row: int, candidate: Scale, chosen: slice, settings: MsSsimSettings
) -> Float[Tensor, "candidate valid_depth valid_height valid_width"]:
    x, y = probe.means[row], candidate.means[chosen]
    return (2 * x * y + settings.c1) / (x * x + y * y + settings.c1)
