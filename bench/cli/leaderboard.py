"""The commands `bench leaderboard ...`."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import clear_errors
from bench.cli.options import Plugins

leaderboard = typer.Typer(help="Build leaderboards; submit, verify and compare results.", no_args_is_help=True)

Verified = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="DIR", help="Folder of `bench leaderboard verify`: what was found there counts as verified; repeatable."
    ),
]


@leaderboard.command("build")
def build_leaderboard(
    runs: Annotated[list[Path] | None, typer.Argument(help="Records, or folders that hold them.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the page.")] = Path("site"),
    verified: Verified = None,
) -> None:
    """Write one offline HTML page from records."""
    with clear_errors():
        from bench.cli.board import build_and_report

        build_and_report(runs or (), out, verified or ())


@leaderboard.command("pack")
def pack_bundle(
    run: Annotated[Path, typer.Argument(help="A record, or the folder with it.")],
    out: Annotated[Path, typer.Option(help="Folder for the bundle.")] = Path("bundles"),
    pictures: Annotated[
        bool | None,
        typer.Option("--pictures/--no-pictures", help="Include pictures. Default: only those of synthetic anatomy."),
    ] = None,
) -> None:
    """Make a bundle of one run, to hand in to a leaderboard."""
    with clear_errors():
        from bench.cli.submissions import pack_and_report

        pack_and_report(run, out, pictures)


@leaderboard.command("validate")
def validate_bundles(
    bundles: Annotated[list[Path], typer.Argument(help="Bundles of `bench leaderboard pack`.")],
) -> None:
    """List every problem of bundles without running anything; exit code 2 if there is one."""
    with clear_errors():
        from bench.cli.submissions import validate_and_report

        validate_and_report(bundles)


@leaderboard.command("unpack")
def unpack_bundles(
    bundles: Annotated[list[Path], typer.Argument(help="Bundles of `bench leaderboard pack`.")],
    out: Annotated[Path, typer.Option(help="Folder of the leaderboard's records.")] = Path("records"),
) -> None:
    """Put the records of bundles that nothing speaks against into a folder, as claims."""
    with clear_errors():
        from bench.cli.submissions import unpack_and_report

        unpack_and_report(bundles, out)


@leaderboard.command("verify")
def verify_bundle(
    bundle: Annotated[Path, typer.Argument(help="A bundle of `bench leaderboard pack`.")],
    root: Annotated[Path | None, typer.Option(help="Folder with the dataset's files.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    out: Annotated[Path, typer.Option(help="Folder for what was run and for the verdict.")] = Path("verified"),
    plugin: Plugins = None,
    use_cache: Annotated[
        bool,
        typer.Option("--use-cache", help="Take networks and traffic from this machine's cache, if they are there."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Run a bundle's cell again from nothing and compare within intervals: verified, or not (exit code 3)."""
    with clear_errors():
        from bench.cli.submissions import verify_and_report

        verify_and_report(
            bundle, root=root, plugins=tuple(plugin or ()), device=device, out=out, use_cache=use_cache, quiet=quiet
        )


@leaderboard.command("diff")
def diff_leaderboards(
    old: Annotated[Path, typer.Argument(help="leaderboard.json, or a folder with it or with records.")],
    new: Annotated[Path, typer.Argument(help="The same, later.")],
    verified: Verified = None,
) -> None:
    """Say which cells came, went or changed between two leaderboards, and which ranks moved."""
    with clear_errors():
        from bench.cli.submissions import diff_and_report

        diff_and_report(old, new, verified or ())


@leaderboard.command("missing")
def missing_cells(
    runs: Annotated[list[Path], typer.Argument(help="Records, or folders that hold them.")],
    root: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR", help="Folder with a dataset's files, for the commands; NAME=DIR if there are several."
        ),
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Print the commands of cells without a record: installed attacks up to T2 that a defense has not met yet.

    An attack that does not fit (traits where the data name none) leaves no record and stays listed.
    """
    with clear_errors():
        from bench.cli.missing import print_missing

        print_missing(runs, roots=root or (), plugins=tuple(plugin or ()))
