"""`python -m benchmarks [NAME ...]`: one table of what was measured in this run, and where."""

import argparse
import datetime
import os
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from bench.runner.environment import describe_environment
from benchmarks.timing import HEADER, Row

NAMES = ("startup", "sampling", "training", "queries", "msssim", "growth", "cell", "page")
GPU_NAMES = ("msssim-gpu", "msssim-gpu-programs")
"""Measured where they are asked for only."""
PACKAGES = ("torch", "triton", "numpy", "numba", "monai", "lightning-fabric", "pytorch-msssim")
HELP = f"any of {', '.join(NAMES)} (all by default), and on a GPU {', '.join(GPU_NAMES)}"
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Measure what was asked for, print it, and keep it if that was asked for too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=HELP)
    parser.add_argument("--keep", action="store_true", help=f"append the table to {RESULTS.name}")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in NAMES + GPU_NAMES:
            parser.error(f"no benchmark named {name!r}; available: {', '.join(NAMES + GPU_NAMES)}")
        if name in GPU_NAMES and not torch.cuda.is_available():
            print(f"{name} needs a CUDA device, and torch {torch.__version__} sees none", file=sys.stderr)
            raise SystemExit(2)
    load = _load()
    rows: list[Row] = []
    for name in chosen.names or NAMES:
        for row in import_module(f"benchmarks.{name.replace('-', '_')}").measure():
            print("  ".join(cell for cell in row.cells() if cell), flush=True)
            rows.append(row)
    text = "\n".join([f"## {_when_and_where()}; {load} before, {_load()} after", "", *_table(rows), ""])
    print("\n" + text)
    if chosen.keep:
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write("\n" + text)


def _table(rows: list[Row]) -> list[str]:
    lines = [HEADER, tuple("---" for _ in HEADER), *(row.cells() for row in rows)]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _when_and_where() -> str:
    found = describe_environment(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {known}" for name in PACKAGES if (known := _version(name)))
    gpu = "" if found.device == "cpu" else f"{found.device}, "
    return (
        f"{datetime.date.today()}: {gpu}{found.processor}, {memory:.0f} GiB, {found.threads} threads, "
        f"{found.platform}, Python {found.python}, {packages}, commit {found.git}"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
