"""`bench run`."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from bench.cli.exits import FAILED_CELL


def run_and_report(
    *, plugins: tuple[Path, ...], tuned: bool, as_json: bool, quiet: bool, only: str | None = None, **request: Any
) -> None:
    """Run one cell, or the whole suite against one defense, and print tables or JSON.

    Args:
        only: names of attacks of the suite, with commas between them.

    Raises:
        BenchError: something the user must mend.
    """
    from bench.errors import BenchError
    from bench.runner.contenders import NAME

    if request["attack"] == NAME:
        names = tuple(name.strip() for name in only.split(",")) if only is not None else ()
        _run_suite(names, plugins=plugins, tuned=tuned, as_json=as_json, quiet=quiet, **request)
        return
    if only is not None:
        raise BenchError(f"--only chooses among the attacks of {NAME}; leave it out, or run {NAME}")
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


def _run_suite(
    only: tuple[str, ...], *, plugins: tuple[Path, ...], tuned: bool, as_json: bool, quiet: bool, **request: Any
) -> None:
    from bench.errors import BenchError
    from bench.progress import Display
    from bench.registry import Registry
    from bench.runner.adaptive import run_suite, worst
    from bench.runner.cell import Request
    from bench.store import Store

    registry, display = Registry(plugins), Display(quiet=quiet)
    tried = list(run_suite(Request(plugins=plugins, **request), registry, Store.default(), display, only, tuned))
    if all(one.outcome is None for one in tried):
        reasons = {one.reason for one in tried}
        if len(reasons) == 1:  # then it is not about the attacks
            raise BenchError(str(reasons.pop()))
    from bench.cli.suite import print_suite, suite_as_json

    if as_json:
        typer.echo(suite_as_json(request["defense"], tried))
    else:
        print_suite(request["defense"], tried)
    if worst(tried) is None:
        raise typer.Exit(FAILED_CELL)


def spelled(words: Sequence[str]) -> str:
    """The command for the record. Where files lie on this machine is nobody's business, and no help elsewhere.

    The data's folder reads DIR, an absolute folder for results OUT, and a plugin goes by its file's name.
    """
    hidden: dict[str, Callable[[str], str]] = {
        "--root": lambda place: "DIR",
        "--out": lambda place: "OUT" if Path(place).is_absolute() else place,
        "--plugin": lambda place: Path(place).name,
    }
    shown: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        option, equals, place = word.partition("=")
        if before in hidden:
            shown.append(hidden[before](word))
        elif equals and option in hidden:
            shown.append(f"{option}={hidden[option](place)}")
        else:
            shown.append(word)
    return shlex.join(["bench", *shown])
