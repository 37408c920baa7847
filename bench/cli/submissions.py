"""`bench leaderboard pack`, `validate`, `unpack`, `verify` and `diff`."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from bench.cli.exits import FAILED_CELL
from bench.cli.printable import printable
from bench.cli.sheet import Head, Sheet
from bench.errors import BenchError
from bench.leaderboard.submissions.validate import Examined, validate


def pack_and_report(run: Path, out: Path, pictures: bool | None) -> None:
    """Write a bundle and say what is in it."""
    from bench.leaderboard.submissions.archive import unpacked
    from bench.leaderboard.submissions.pack import pack

    bundle = pack(run, out, pictures=pictures)
    for name, content in unpacked(bundle).items():
        typer.echo(f"packed  {name} ({len(content)} bytes)")
    examined = validate(bundle)
    if examined.record is not None and examined.record.pictures and not examined.record.data.synthetic and not pictures:
        typer.echo("note: pictures of real scans stay here; --pictures takes them along, if the people agreed to that")
    for problem in examined.problems:
        typer.echo(printable(f"problem {problem}"), err=True)
    typer.echo(f"bundle  {bundle}")


def validate_and_report(bundles: Sequence[Path]) -> None:
    """Say what speaks against each bundle, a line each; exit code 2 if anything does."""
    bad = 0
    for bundle in bundles:
        if len(bundles) > 1:
            typer.echo(printable(f"bundle  {bundle}"))
        examined = validate(bundle)
        _summary(bundle, examined, several=len(bundles) > 1)
        bad += bool(examined.problems)
    if len(bundles) > 1:
        typer.echo(f"checked {len(bundles)} bundles, {len(bundles) - bad} of them fine")
    if bad:
        raise typer.Exit(2)


def unpack_and_report(bundles: Sequence[Path], out: Path) -> None:
    """Put every bundle that nothing speaks against among the records; exit code 2 if one stays out."""
    from bench.leaderboard.submissions.unpack import unpack

    bad = 0
    for bundle in bundles:
        examined = validate(bundle)
        for problem in examined.problems:
            typer.echo(printable(f"problem {bundle.name}: {problem}"), err=True)
        if examined.problems:
            bad += 1
        else:
            typer.echo(f"record  {unpack(examined, out)}")
    if bad:
        typer.echo(f"{bad} of {len(bundles)} bundles stay out: mend their problems first", err=True)
        raise typer.Exit(2)


def verify_and_report(
    bundle: Path, *, root: Path | None, plugins: tuple[Path, ...], device: str, out: Path, use_cache: bool, quiet: bool
) -> None:
    """Run a bundle's cell again, compare, and keep what was found with the verdict.

    Args:
        use_cache: take networks and traffic that are in this machine's cache; else everything is made anew.

    Raises:
        BenchError: something the user must mend.
    """
    examined = validate(bundle)
    _summary(bundle, examined)
    record = examined.record
    if record is None or examined.problems:
        raise BenchError(f"{bundle} is not run again: mend its problems first")
    from bench.leaderboard.submissions.compare import another_suite, another_training
    from bench.leaderboard.submissions.verdict import files_beside, judge, keep, place_of
    from bench.progress import Display
    from bench.registry import Registry
    from bench.runner.cell import Cell
    from bench.runner.rerun import request_of
    from bench.store import Store

    registry, place = Registry(plugins), place_of(examined, out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".again-", dir=out) as again:
        request = request_of(record, registry, root=root, plugins=plugins, device=device, out=Path(again))
        cell = Cell.resolve(request, registry)

        from bench.runner.run import run_cell

        store = Store.default() if use_cache else Store(Path(again) / "cache")
        outcome = run_cell(cell, store, Display(quiet=quiet))
        files = files_beside(outcome.path, outcome.record)
    verdict = judge(examined, outcome.record, files, from_cache=use_cache)
    heads = [Head("number", numeric=False), Head("claimed"), Head("found"), Head("agrees", numeric=False)]
    table = Sheet("Claimed, and found again", heads)
    for one in verdict.comparisons:
        style = None if one.agrees else "bold"
        table.add_row(one.name, str(one.claimed), str(one.found), "yes" if one.agrees else "NO", style=style)
    table.print(Console(highlight=False))
    for difference in verdict.differences:
        typer.echo(printable(f"differs {difference}"), err=True)
    for note in (another_suite(record, outcome.record), another_training(record, outcome.record)):
        if note is not None:
            typer.echo(printable(f"note    {note}"), err=True)
    if use_cache:
        typer.echo("note    networks and traffic may have come from this machine's cache", err=True)
    path = keep(verdict, files, place)
    typer.echo(f"verdict {'verified' if verdict.verified else 'NOT verified'}")
    typer.echo(f"kept    {path}")
    if not verdict.verified:
        raise typer.Exit(FAILED_CELL)


def diff_and_report(old: Path, new: Path, verified: Sequence[Path] = ()) -> None:
    """Say what differs between two leaderboards."""
    from bench.leaderboard.submissions.changes import changes, numbers_of

    lines = list(changes(numbers_of(old, verified), numbers_of(new, verified)))
    for line in lines:
        typer.echo(printable(line))
    if not lines:
        typer.echo("no difference")


def _summary(bundle: Path, examined: Examined, *, several: bool = False) -> None:
    record, whose = examined.record, f"{bundle.name}: " if several else ""
    if record is not None:
        claim = f"{record.defense.name} against {record.attack.name} on {record.data.name}, {record.preset}"
        typer.echo(printable(f"claims  {claim}, seed {record.seed}: {record.status.value}"))
        for part, settings in (
            ("defense", record.defense.settings),
            ("attack", record.attack.settings),
            ("data", record.data.settings),
            ("evaluation", record.settings),
        ):
            words = " ".join(f"{key}={json.dumps(value)}" for key, value in settings.items())
            typer.echo(printable(f"with    {part}: {words}"))
    for problem in examined.problems:
        typer.echo(printable(f"problem {whose}{problem}"), err=True)
    if not examined.problems:
        typer.echo(f"fine    {bundle}")
        typer.echo("note    data, split and training are claims until `bench leaderboard verify` makes them anew")
