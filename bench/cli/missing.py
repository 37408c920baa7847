"""`bench leaderboard missing`."""

from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.printable import printable
from bench.errors import BenchError
from bench.leaderboard.build import judge
from bench.leaderboard.gathering import gathered
from bench.leaderboard.missing import missing
from bench.registry import Registry
from bench.runner.contenders import suite
from bench.runner.remaining import command_for, fitting


def print_missing(runs: list[Path], *, roots: Sequence[str], plugins: tuple[Path, ...]) -> None:
    """A command for every defense and seed on standard output, so that a shell can run them; all else beside it.

    Args:
        roots: folders of datasets' files, as `DIR` where one dataset reads files, else as `NAME=DIR`.

    Raises:
        BenchError: there is no record, what speaks against `bench leaderboard build` of them, or a folder is nobody's.
    """
    registry = Registry(plugins)
    groups = judge(gathered(runs))
    found, complete = missing(groups, suite(registry)), True
    places = _by_dataset(roots, sorted({group.key.data for group in groups if not group.key.synthetic}))
    for one in found:
        try:
            root = places.get(one.record.data.name)
            attacks = fitting(one.record, one.attacks, registry)
            if attacks:
                complete = False
                typer.echo(command_for(one.record, attacks, registry, root=root, plugins=plugins))
        except BenchError as error:
            complete = False
            typer.echo(printable(f"note: {one.defense}, seed {one.record.seed}, cannot be run here: {error}"), err=True)
    if complete:
        typer.echo("note: every defense has met every attack up to T2 that is installed here and fits it", err=True)


def _by_dataset(roots: Sequence[str], datasets: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for text in roots:
        name, equals, place = text.partition("=")
        if equals and name in datasets:
            found[name] = Path(place)
        elif len(datasets) == 1:
            found[datasets[0]] = Path(text)
        else:
            named = ", ".join(datasets) or "none of real scans"
            raise BenchError(f"the records name these datasets: {named}; write --root NAME=DIR instead of {text!r}")
    return found
