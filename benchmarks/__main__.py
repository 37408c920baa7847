"""`python -m benchmarks [NAME ...]`: one table of what was measured in this run, and where."""

import argparse
import datetime
import os
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import torch

from bench.runner.environment import describe_environment
from benchmarks.timing import HEADER, Row

NAMES = ("startup", "sampling", "training", "queries", "msssim", "growth", "cell", "page")
PACKAGES = ("torch", "numpy", "numba", "monai", "lightning-fabric", "pytorch-msssim")
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Measure what was asked for, print it, and keep it if that was asked for too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all by default")
    parser.add_argument("--keep", action="store_true", help=f"append the table to {RESULTS.name}")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in NAMES:
            parser.error(f"no benchmark named {name!r}; available: {', '.join(NAMES)}")
    load = _load()
    rows: list[Row] = []
    for name in chosen.names or NAMES:
        for row in import_module(f"benchmarks.{name}").measure():
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
    found = describe_environment(torch.device("cpu"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.date.today()}: {found.processor}, {memory:.0f} GiB, {found.threads} threads, {found.platform}, "
        f"Python {found.python}, {packages}, commit {found.git}"
    )


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
