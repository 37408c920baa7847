"""`bench data`: know a cohort, check it, and bring it onto a common grid. Nothing here imports torch at first."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.exits import clear_errors

data = typer.Typer(help="Datasets: describe them, check yours, bring it onto a common grid.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Dataset, see `bench data list`.")]
Root = Annotated[Path, typer.Option(help="Folder (or table) with the dataset's files.")]
Assignments = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the dataset (`bench show NAME`); repeatable."),
]
Plugins = Annotated[list[Path] | None, typer.Option("--plugin", help="Python file with a dataset; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print everything as JSON instead of tables.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]


@data.command("list")
def list_cohorts(plugin: Plugins = None, as_json: Json = False) -> None:
    """List all datasets with size and licence."""
    with clear_errors():
        from bench.cli.cohorts import print_cohorts

        print_cohorts(tuple(plugin or ()), as_json)


@data.command()
def show(name: Name, plugin: Plugins = None) -> None:
    """Describe one dataset: licence, how to get it, what to cite, and which files are expected."""
    with clear_errors():
        from bench.cli.cohorts import print_cohort

        print_cohort(name, tuple(plugin or ()))


@data.command()
def check(
    name: Name,
    root: Root,
    assignments: Assignments = None,
    plugin: Plugins = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Open every file and say what is there, what must be mended (exit code 2), and what is odd."""
    with clear_errors():
        from bench.cli.checked import check_and_report

        if not check_and_report(name, root, tuple(assignments or ()), tuple(plugin or ()), as_json, quiet):
            raise typer.Exit(2)


@data.command()
def prepare(
    name: Name,
    root: Root,
    out: Annotated[Path, typer.Option(help="Folder for the prepared scans.")],
    spacing: Annotated[float, typer.Option(metavar="MM", help="Edge of the voxels.")] = 1.0,
    n4: Annotated[bool, typer.Option("--n4", help="Correct the bias field first (minutes a scan at 1 mm).")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Scans at a time; default: as many as there are cores.")
    ] = None,
    assignments: Assignments = None,
    plugin: Plugins = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Register every scan to the MNI152 template, resample, mask and scale it; use the result as `--data prepared`.

    The same command again continues where it was stopped.
    """
    with clear_errors():
        from bench.cli.prepared import prepare_and_report

        prepare_and_report(
            name=name,
            root=root,
            out=out,
            spacing_mm=spacing,
            n4=n4,
            jobs=jobs,
            assignments=tuple(assignments or ()),
            plugins=tuple(plugin or ()),
            as_json=as_json,
            quiet=quiet,
        )
