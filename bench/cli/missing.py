"""`bench leaderboard missing`."""

from pathlib import Path

import typer

from bench.cli.printable import printable
from bench.errors import BenchError
from bench.leaderboard.build import judge
from bench.leaderboard.missing import missing
from bench.records.files import find_records, read_record
from bench.registry import Registry
from bench.runner.contenders import suite
from bench.runner.remaining import command_for


def print_missing(runs: list[Path], *, root: Path | None, plugins: tuple[Path, ...]) -> None:
    """A command for every defense and seed on standard output, so that a shell can run them; all else beside it.

    Raises:
        BenchError: there is no record, or what speaks against `bench leaderboard build` of them.
    """
    registry = Registry(plugins)
    groups = judge([(path, read_record(path)) for path in find_records(runs)])
    found = missing(groups, suite(registry))
    for one in found:
        try:
            typer.echo(command_for(one.record, one.attacks, registry, root=root, plugins=plugins))
        except BenchError as error:
            typer.echo(printable(f"note: {one.defense}, seed {one.record.seed}, cannot be run here: {error}"), err=True)
    if not found:
        typer.echo("note: every defense has met every attack up to T2 that is installed here", err=True)
