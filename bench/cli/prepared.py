"""`bench data prepare`."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import typer
from rich.console import Console

from bench.cli.cohorts import listed
from bench.cli.sheet import Head, Sheet
from bench.data.prepare.result import Preparation, Prepared
from bench.data.prepare.run import prepare
from bench.data.prepare.sheet import outliers_first, write_sheet
from bench.errors import BenchError
from bench.progress import Display

SHOWN = 10


def prepare_and_report(
    *,
    name: str,
    root: Path,
    out: Path,
    spacing_mm: float,
    n4: bool,
    jobs: int | None,
    assignments: tuple[str, ...],
    plugins: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Prepare every scan, then print how well they lie on the template, the worst first."""
    dataset = listed(name, assignments, plugins)
    try:
        preparation = Preparation(spacing_mm=spacing_mm, n4=n4, jobs=jobs or _cores())
    except ValueError as error:
        raise BenchError(str(error)) from error
    listing, recipe = dataset.listing(root), dataset.recipe()
    listing = replace(listing, rows=recipe.used(listing.rows))
    display = Display(quiet=quiet)
    with display.track("preparing", len(listing.rows)) as task:
        scans = prepare(listing, recipe.region, preparation, out, name, task)
    picture, page = write_sheet(scans, spacing_mm, name, out)
    if as_json:
        typer.echo(json.dumps([_facts(scan) for scan in outliers_first(scans)], indent=2))
        return
    _print(scans, out)
    console = Console(highlight=False)
    for label, place in (("picture", picture), ("page", page)):
        console.print(f"{label:<8} {place}", soft_wrap=True, markup=False)
    console.print(f"use it   bench run DEFENSE ATTACK --data prepared --root {out}", soft_wrap=True, markup=False)


def _print(scans: Sequence[Prepared], out: Path) -> None:
    console = Console(highlight=False)
    fresh = sum(scan.fresh for scan in scans)
    overlaps = sorted(scan.quality.dice for scan in scans)
    console.print(
        f"{len(scans)} scans in {out} ({fresh} made now); overlap with the template's brain: Dice {overlaps[0]:.3f} to "
        f"{overlaps[-1]:.3f}, median {overlaps[len(overlaps) // 2]:.3f}",
        soft_wrap=True,
        markup=False,
    )
    odd = [scan for scan in outliers_first(scans) if scan.quality.suspicion]
    if not odd:
        return
    heads = [Head(one, numeric=one not in ("scan", "because")) for one in ("scan", "Dice", "r", "size", "because")]
    table = Sheet(f"{len(odd)} to look at", heads)
    for scan in odd[:SHOWN]:
        quality = scan.quality
        numbers = (f"{quality.dice:.3f}", f"{quality.correlation:.2f}", f"{quality.scale:.2f}")
        table.add_row(scan.row.name, *numbers, quality.suspicion)
    table.print(console)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _facts(scan: Prepared) -> dict[str, object]:
    return {"scan": scan.row.name, "folder": str(scan.place), "look": scan.quality.suspicion} | asdict(scan.quality)
