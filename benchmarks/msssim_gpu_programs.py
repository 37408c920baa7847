"""How the MS-SSIM kernel is best cut for this GPU: the same cohort with other tiles and blocks."""

from collections.abc import Iterator

from bench.metrics.engine.gpu.matrix import PROGRAM
from bench.metrics.engine.gpu.prepared import Program
from bench.metrics.msssim import settings_for
from benchmarks.msssim_gpu import COUNT, PAIRS, fast, repeated
from benchmarks.timing import Row
from benchmarks.volumes import GRID, dense

OTHERS = (
    Program(side=1, planes=8, rows=16),
    Program(side=2, planes=4, rows=16),
    Program(side=2, planes=6, rows=16),
    Program(side=2, planes=8, rows=32),
    Program(side=2, planes=8, rows=64),
    Program(side=2, planes=10, rows=32),
    Program(side=4, planes=4, rows=16),
    Program(side=4, planes=4, rows=32),
    Program(side=4, planes=6, rows=32),
)


def measure() -> Iterator[Row]:
    """Every cut against the one that is used."""
    images, settings = dense(COUNT).cuda(), settings_for(GRID.shape)
    used = repeated(lambda: fast(images, settings))
    for program in OTHERS:
        times = repeated(lambda program=program: fast(images, settings, program))  # type: ignore[misc]
        yield Row(
            f"GPU MS-SSIM, {PAIRS} pairs, {_text(program)}",
            times,
            f"the one that is used, {_text(PROGRAM)}",
            used,
            "preparation included; above 1: the used one is slower",
        )


def _text(program: Program) -> str:
    return f"{program.side}x{program.side} images, blocks of {program.planes}x{program.rows}"
