"""All pairs of a cohort by MS-SSIM on a GPU, against pytorch-msssim and the plain torch path on the same GPU.

Bytes are counted in two ways. What pairs read if none shared anything with another (both images with their statistics,
all scales) says what the caches spare; what is read at least (every image once) says how far the device's memory is
from being what limits. Both are set against a copy on the device, measured in the same run.
"""

import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import combinations, islice
from statistics import median

import pytorch_msssim
import torch
from torch import Tensor

from bench.metrics.engine.gpu.matrix import PROGRAM, gpu_matrix
from bench.metrics.engine.gpu.prepared import Program, prepared
from bench.metrics.engine.shapes import bytes_per_image, scale_shapes, valid
from bench.metrics.msssim import MsSsimSettings, settings_for
from bench.metrics.pairwise_msssim import plain_matrix
from benchmarks.timing import Row, Spent, once
from benchmarks.volumes import GRID, brains, dense, phantoms

COUNT, TIMES = 32, 5
PAIRS = COUNT * (COUNT - 1) // 2
LIBRARY_PAIRS = 16
"""What pytorch-msssim does; the rest is extrapolated."""
MULTIPLY_ADDS = 21
"""Seven for every axis and result, without what blocks do twice."""
_START = """
import torch
from bench.metrics.engine.gpu.matrix import gpu_matrix
from bench.metrics.msssim import settings_for
images = torch.rand(2, 1, 16, 16, 16, device="cuda")
gpu_matrix(images, settings_for((16, 16, 16)), others=None, memory=2**20, progress=None).cpu()
"""


def measure() -> Iterator[Row]:
    """32 unlike volumes without background, and 32 brains; then the start of a process."""
    peak = copied_bytes_per_second()
    scans = phantoms()
    for name, images in (("dense volumes", dense(COUNT)), ("brains on zero", brains(COUNT, scans))):
        yield from _cohort(f"GPU MS-SSIM, all pairs of {COUNT} {name}", images.cuda(), peak)
    yield _start()


def fast(images: Tensor, settings: MsSsimSettings, program: Program = PROGRAM) -> Tensor:
    """All pairs by the kernel, preparation included, waited for."""
    scores = gpu_matrix(images, settings, others=None, memory=8 * 2**30, progress=None, program=program)
    torch.cuda.synchronize()
    return scores


def repeated(work: Callable[[], object], times: int = TIMES) -> list[Spent]:
    """Time of some work on the GPU, done once before, each time waited for."""

    def whole() -> None:
        work()
        torch.cuda.synchronize()

    whole()
    return [once(whole) for _ in range(times)]


def copied_bytes_per_second() -> float:
    """Read and written by a copy on the device: what its memory gives."""
    source = torch.empty(2**30, device="cuda").normal_()
    target = torch.empty_like(source)
    spent = repeated(lambda: target.copy_(source), 10)
    return 2 * source.numel() * source.element_size() / median(side.clock for side in spent)


def _cohort(what: str, images: Tensor, peak: float) -> Iterator[Row]:
    settings = settings_for(GRID.shape)
    ours = repeated(lambda: fast(images, settings))
    scores = fast(images, settings)
    preparing = median(spent.clock for spent in repeated(lambda: prepared(images, settings, PROGRAM)))
    comparing = median(spent.clock for spent in ours) - preparing
    each = bytes_per_image(GRID.shape, settings)
    note = (
        f"preparation {preparing * 1e3:.1f} ms, then {comparing / PAIRS * 1e6:.1f} us a pair; "
        f"{_visited(images, settings):.0%} of the finest blocks visited; "
        f"pairs read {_share(2 * each * PAIRS / comparing, peak)} if they share nothing, at least "
        f"{_share(each * COUNT / comparing, peak)} of what a copy moves ({peak / 1e12:.2f} TB/s); "
        f"{_operations(settings) * PAIRS / comparing / 1e12:.1f} TFLOP/s if all blocks are visited"
    )
    plain: list[Tensor] = []
    slow = repeated(lambda: plain.append(plain_matrix(images, settings)), 1) * TIMES
    yield Row(what, ours, "plain torch path, same GPU", slow, f"{note}; largest difference {_apart(scores, plain[-1])}")
    for name, allowed in (("in single precision", False), ("as it comes, convolutions in TF32", True)):
        theirs, found = _library(images, settings, allowed)
        apart = max(abs(float(scores[pair]) - score) for pair, score in found.items())
        spent = [theirs.times(PAIRS / LIBRARY_PAIRS)] * TIMES
        note = f"theirs from {LIBRARY_PAIRS} pairs; largest difference {apart:.1e}"
        yield Row(what, ours, f"pytorch-msssim {name}, same GPU", spent, note)


def _library(images: Tensor, settings: MsSsimSettings, tf32: bool) -> tuple[Spent, dict[tuple[int, int], float]]:
    metric = pytorch_msssim.MS_SSIM(
        data_range=1.0,
        size_average=False,
        win_size=settings.window,
        channel=1,
        spatial_dims=3,
        weights=list(settings.weights),
    )
    pairs = list(islice(combinations(range(COUNT), 2), LIBRARY_PAIRS))
    found: list[Tensor] = []
    before, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, tf32
    try:
        (spent,) = repeated(lambda: found.extend(metric(images[i, None], images[j, None])[0] for i, j in pairs), 1)
    finally:
        torch.backends.cudnn.allow_tf32 = before
    scores = torch.stack(found[-LIBRARY_PAIRS:]).tolist()
    return spent, dict(zip(pairs, scores, strict=True))


def _visited(images: Tensor, settings: MsSsimSettings) -> float:
    filled = prepared(images, settings, PROGRAM)[0].filled.bool()
    side = PROGRAM.side
    tiles = filled.reshape(COUNT // side, side, -1).any(dim=1)
    return float((tiles[:, None] | tiles[None]).float().mean())


def _operations(settings: MsSsimSettings) -> int:
    """Floating-point operations of a pair that no way of averaging axis by axis can do without."""
    results = sum(math.prod(valid(shape)) for shape in scale_shapes(GRID.shape, settings))
    return 2 * MULTIPLY_ADDS * results


def _share(rate: float, peak: float) -> str:
    return f"{rate / 1e12:.2f} TB/s ({rate / peak:.0%})"


def _apart(one: Tensor, other: Tensor) -> str:
    return f"{float((one - other).abs().max()):.1e}"


def _start() -> Row:
    """A process that compiles the kernel against one that finds it compiled."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"TRITON_CACHE_DIR": folder}

        def process() -> None:
            subprocess.run([sys.executable, "-c", _START], env=environment, check=True)

        compiling = once(process)
        return Row("GPU MS-SSIM, start of a process", [once(process)], "compiling the kernel first", [compiling])
