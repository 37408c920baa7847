"""`bench run`."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from bench.cli.exits import FAILED_CELL


def run_and_report(*, plugins: tuple[Path, ...], tuned: bool, as_json: bool, quiet: bool, **request: Any) -> None:
    """Run one cell and print its record as tables or JSON."""
    from bench.progress import Display
    from bench.records.schema import Status
    from bench.registry import Registry
    from bench.runner.cell import Cell, Request
    from bench.store import Store

    display = Display(quiet=quiet)
    registry, store = Registry(plugins), Store.default()
    cell = Cell.resolve(Request(plugins=plugins, **request), registry)
    if tuned:
        from bench.runner.tuning import stored

        cell = stored.tuned(cell, registry, store)

    from bench.runner.run import run_cell

    outcome = run_cell(cell, store, display)
    if as_json:
        typer.echo(outcome.record.model_dump_json(indent=2))
    else:
        from bench.cli.report import print_record

        print_record(outcome.record, outcome.path, known=outcome.known)
    if outcome.record.status is not Status.OK:
        typer.echo(f"attack {outcome.record.status.value}: {outcome.record.reason}", err=True)
        raise typer.Exit(FAILED_CELL)


def spelled(words: Sequence[str], root: Path | None) -> str:
    """The command for the record. Where the data lie on this machine is nobody's business, and no help elsewhere."""
    shown = [word.replace(str(root), "DIR") if root is not None and str(root) in word else word for word in words]
    return shlex.join(["bench", *shown])
