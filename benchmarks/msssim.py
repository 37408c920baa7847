"""All pairs of a cohort by MS-SSIM against pytorch-msssim, a pair at a time, as it is used elsewhere.

Against that package in a process of its own and in ours. The difference is the C library's: where it gives the pages of
every intermediate volume back and asks for them anew, the package spends most of its time on that. In our process
something above them keeps them.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import combinations, islice

import pytorch_msssim
import torch
from torch import Tensor

from bench.metrics.engine.cpu.matrix import engine_matrix
from bench.metrics.msssim import MsSsimSettings, settings_for
from bench.metrics.pairwise_msssim import MEMORY, ms_ssim_matrix
from benchmarks.timing import Row, Spent, once
from benchmarks.volumes import GRID, brains, dense, phantoms

COHORTS = {8: 1, 32: 1}
"""Repetitions for every size of cohort; `growth` measures a larger one."""
LIBRARY_PAIRS = 10
"""What pytorch-msssim does, half before and half after every cohort of ours; the rest is extrapolated."""
_LIBRARY = """
import json, os, sys, time
import pytorch_msssim, torch
metric = pytorch_msssim.MS_SSIM(data_range=1.0, size_average=False, win_size=7, channel=1, spatial_dims=3)
one, other = torch.rand(2, 1, 1, *json.loads(sys.argv[1]))
metric(one, other)
clock, processor = time.perf_counter(), sum(os.times()[:2])
for _ in range(int(sys.argv[2])):
    metric(one, other)
print(json.dumps([time.perf_counter() - clock, sum(os.times()[:2]) - processor]))
"""
_START = """
import time, torch
from bench.metrics.engine.cpu.matrix import engine_matrix
from bench.metrics.msssim import settings_for
images = torch.rand(2, 1, 16, 16, 16)
engine_matrix(images, settings_for((16, 16, 16)), others=None, memory=2**20, progress=None)
"""


def measure() -> Iterator[Row]:
    """Cohorts of unlike volumes without background, and of brains; then the start of the engine."""
    yield from cohorts(COHORTS)
    yield _start()


def cohorts(sizes: Mapping[int, int]) -> Iterator[Row]:
    """Cohorts of these sizes, each so many times."""
    settings = settings_for(GRID.shape)
    _warm(settings)
    alone = _library_alone()
    scans = phantoms()
    for name, images in (("dense volumes", dense), ("brains on zero", lambda count: brains(count, scans))):
        for count, times in sizes.items():
            yield from _cohort(f"MS-SSIM, all pairs of {count} {name}", images(count), settings, times, alone)


def _cohort(what: str, images: Tensor, settings: MsSsimSettings, times: int, alone: Spent) -> Iterator[Row]:
    library = pytorch_msssim.MS_SSIM(
        data_range=1.0,
        size_average=False,
        win_size=settings.window,
        channel=1,
        spatial_dims=3,
        weights=list(settings.weights),
    )
    pairs = list(islice(combinations(range(len(images)), 2), LIBRARY_PAIRS))
    every = len(images) * (len(images) - 1) // 2
    scores: dict[tuple[int, int], float] = {}

    def some(chosen: list[tuple[int, int]]) -> None:
        scores.update({(i, j): float(library(images[i, None], images[j, None])) for i, j in chosen})

    ours, theirs, apart = [], [], 0.0
    for _ in range(times):
        matrices: list[Tensor] = []
        before = once(lambda: some(pairs[: LIBRARY_PAIRS // 2]))
        ours.append(once(lambda found=matrices: found.append(ms_ssim_matrix(images, settings))))  # type: ignore[misc]
        after = once(lambda: some(pairs[LIBRARY_PAIRS // 2 :]))
        both = Spent(before.clock + after.clock, before.processor + after.processor)
        theirs.append(both.times(every / LIBRARY_PAIRS))
        apart = max(apart, *(abs(float(matrices[0][pair]) - score) for pair, score in scores.items()))
    note = (
        f"{min(spent.processor for spent in ours) / every * 1e3:.1f} ms of one core a pair; preparation included; "
        f"theirs from {LIBRARY_PAIRS} pairs; largest difference {apart:.1e}"
    )
    yield Row(what, ours, "pytorch-msssim, in this process", theirs, note)
    yield Row(what, ours, "pytorch-msssim, in its own", [alone.times(every)] * times)


def _library_alone() -> Spent:
    """A pair of pytorch-msssim in a process of its own; what is in the images makes no difference to it."""
    words = [sys.executable, "-c", _LIBRARY, json.dumps(GRID.shape), str(LIBRARY_PAIRS)]
    clock, processor = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return Spent(clock, processor).times(1 / LIBRARY_PAIRS)


def _warm(settings: MsSsimSettings) -> None:
    images = torch.rand(2, 1, *GRID.shape)
    engine_matrix(images, settings, others=None, memory=MEMORY, progress=None)


def _start() -> Row:
    """A process that compiles the engine against one that finds it compiled."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}

        def process() -> None:
            subprocess.run([sys.executable, "-c", _START], env=environment, check=True)

        compiling = once(process)
        return Row("MS-SSIM engine, start of a process", [once(process)], "compiling it first", [compiling])
