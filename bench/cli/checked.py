"""`bench data check`."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import config
from bench.cli.cohorts import listed
from bench.cli.sheet import Head, Sheet
from bench.data.check.cohort import CohortReport, report_on
from bench.data.check.scan import ScanReport, look_at
from bench.dataset import Grid
from bench.progress import Display

SHOWN = 12
"""Lines of each kind on a terminal; `--json` has all."""


def check_and_report(
    name: str, root: Path, assignments: tuple[str, ...], plugins: tuple[Path, ...], as_json: bool, quiet: bool
) -> bool:
    """Print what is there; True if nothing must be mended.

    Raises:
        BenchError: the folder is no such cohort at all.
    """
    dataset = listed(name, assignments, plugins)
    listing, recipe = dataset.listing(root), dataset.recipe()
    rows = recipe.used(listing.rows)
    looks = []
    with Display(quiet=quiet).track("reading", len(rows)) as task:
        for row in rows:
            looks.append(look_at(row, listing.labelling, recipe.region))
            task.advance(note=row.name)
    report = report_on(listing, looks, {preset: _grid(preset) for preset in config.PRESETS})
    if as_json:
        print(json.dumps(asdict(report), indent=2))
    else:
        _print(report, name, root)
    return not report.problems


def _grid(preset: str) -> Grid:
    evaluation: config.Evaluation = config.resolve({"evaluation": config.Evaluation}, preset, [])["evaluation"]
    return evaluation.grid


def _print(report: CohortReport, name: str, root: Path) -> None:
    console = Console(highlight=False)
    usable = [scan for scan in report.scans if not scan.problem]
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    people = len({scan.subject for scan in report.scans})
    table.add_row("scans", f"{len(report.scans)} of {people} people in {report.families} families")
    table.add_row("visits", ", ".join(f"{count} with {visits}" for visits, count in report.visits.items()) or "-")
    table.add_row("roles", ", ".join(f"{role} {count}" for role, count in report.roles.items()) or "too few families")
    table.add_row("voxels", _most(["x".join(map(str, scan.shape)) for scan in usable]))
    table.add_row("spacing", _most([" x ".join(f"{side:g}" for side in scan.spacing_mm) + " mm" for scan in usable]))
    table.add_row("stored as", _most([f"{scan.orientation} {scan.voxel_type}" for scan in usable]))
    for label, volumes in _volumes(usable).items():
        low, high = min(volumes), max(volumes)
        table.add_row(f"label {label}", f"{low:.0f} to {high:.0f} ml in {len(volumes)} scans")
    table.add_row("files", f"{report.disk_gb:.2f} GB")
    needs = ", ".join(f"{preset} {size:.2g} GB" for preset, size in report.needs_gb.items())
    table.add_row("on the grid", f"{needs} (cache on disk, and memory if all scans are used at once)")
    console.print(table)
    if report.nearest:
        titles = ("people", "correlation", "stands out by", "")
        near = Sheet("most alike (first scans)", [Head(one, numeric=one not in ("people", "")) for one in titles])
        for pair in report.nearest:
            verdict = "one family" if pair.declared else "relatives?" if pair.suspicious else ""
            alike = f"{pair.correlation:.3f}", f"{pair.stands_out:.1f} sd"
            near.add_row(f"{pair.one}, {pair.other}", *alike, verdict)
        console.print()
        near.print(console)
    _lines(console, "warning", report.warnings, "yellow")
    _lines(console, "problem", report.problems, "red")
    if report.problems:
        count = len(report.problems)
        console.print(f"{count} {'problem' if count == 1 else 'problems'} to mend", style="bold red")
    else:
        console.print(f"all well: bench run DEFENSE ATTACK --data {name} --root {root}", style="green", soft_wrap=True)


def _lines(console: Console, kind: str, lines: Sequence[str], style: str) -> None:
    for line in lines[:SHOWN]:
        console.print(f"{kind}: {line}", style=style, soft_wrap=True, markup=False)
    if len(lines) > SHOWN:
        console.print(f"... and {len(lines) - SHOWN} more {kind}s; --json prints all", style=style)


def _most(values: Sequence[str]) -> str:
    counts = Counter(values).most_common()
    shown = ", ".join(value if len(counts) == 1 else f"{value} ({count})" for value, count in counts[:3])
    return f"{shown}, and {len(counts) - 3} others" if len(counts) > 3 else shown or "-"


def _volumes(scans: Sequence[ScanReport]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for scan in scans:
        for label, volume in (scan.labelled_ml or {}).items():
            found.setdefault(label, []).append(volume)
    return found
