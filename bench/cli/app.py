"""The commands `bench` and `unveil`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.allocator import keep_pages
from bench.cli.data import data
from bench.cli.exits import clear_errors
from bench.cli.leaderboard import leaderboard
from bench.cli.options import Plugins
from bench.cli.waiting import wait_briefly
from bench.interrupts import listen

app = typer.Typer(
    name="bench",
    help="Unveil: what privacy-preserving medical image segmentation really hides.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
schema = typer.Typer(help="Print the JSON schemas of what Unveil writes.", no_args_is_help=True)
app.add_typer(data, name="data")
app.add_typer(leaderboard, name="leaderboard")
app.add_typer(schema, name="schema")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)] = False,
) -> None:
    """Unveil: what privacy-preserving medical image segmentation really hides."""
    if show:
        from bench import __version__

        typer.echo(f"unveil-bench {__version__}")
        raise typer.Exit


@app.command()
def run(
    defense: Annotated[str, typer.Argument(help="Defense, see `bench list`.")],
    attack: Annotated[str, typer.Argument(help="Attack, see `bench list`; `adaptive` for all up to T2.")],
    data: Annotated[str, typer.Option(help="Dataset, see `bench list`.")] = "phantom",
    root: Annotated[Path | None, typer.Option(help="Folder with the dataset's files.")] = None,
    preset: Annotated[str, typer.Option(help="smoke, quick, standard or paper.")] = "quick",
    seed: Annotated[int, typer.Option(min=0, help="Root of all randomness of this run.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for records and pictures.")] = Path("runs"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting (`bench show NAME`); repeatable."),
    ] = None,
    tuned: Annotated[
        bool, typer.Option("--tuned", help="Take the settings that `bench tune` chose; --set still wins.")
    ] = False,
    plugin: Plugins = None,
    only: Annotated[
        str | None, typer.Option(metavar="NAME,NAME", help="With `adaptive`: these attacks instead of all.")
    ] = None,
    isolate: Annotated[
        bool, typer.Option("--isolate", help="Run the attack in a process of its own that gets only what it may see.")
    ] = False,
    attack_timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=0.001, help="Stop one run of the attack after this long; it then has no score."
        ),
    ] = 86400,  # a hanging attack ends; days of training on purpose are asked for
    as_json: Annotated[bool, typer.Option("--json", help="Print the record instead of tables.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Train a defense, record its traffic, attack it, and write the record.

    The same command again continues where it was stopped, or says that it is done.
    """
    with clear_errors():
        import sys

        from bench.cli.run import run_and_report, spelled

        run_and_report(
            only=only,
            defense=defense,
            attack=attack,
            data=data,
            root=root,
            preset=preset,
            seed=seed,
            out=out,
            device=device,
            assignments=tuple(assignments or ()),
            tuned=tuned,
            plugins=tuple(plugin or ()),
            isolate=isolate,
            attack_timeout=attack_timeout,
            command=spelled(sys.argv[1:]),
            as_json=as_json,
            quiet=quiet,
        )


@app.command()
def tune(
    defense: Annotated[str, typer.Argument(help="Defense, see `bench list`.")],
    grid: Annotated[
        list[str],
        typer.Option("--grid", metavar="KEY=V1,V2", help="Values of a setting; repeatable, all combinations."),
    ],
    folds: Annotated[int, typer.Option(help="Parts of the training role; each is held out once.")] = 3,
    data: Annotated[str, typer.Option(help="Dataset, see `bench list`.")] = "phantom",
    root: Annotated[Path | None, typer.Option(help="Folder with the dataset's files.")] = None,
    preset: Annotated[str, typer.Option(help="smoke, quick, standard or paper.")] = "quick",
    seed: Annotated[int, typer.Option(min=0, help="Root of all randomness of this run.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting (`bench show NAME`); repeatable."),
    ] = None,
    plugin: Plugins = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores instead of a table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Choose a defense's settings by cross-validation on the training role, for `bench run --tuned`.

    The same command again continues where it was stopped.
    """
    with clear_errors():
        import sys

        from bench.cli.run import spelled
        from bench.cli.tune import tune_and_report

        tune_and_report(
            defense=defense,
            data=data,
            grid=tuple(grid),
            folds=folds,
            root=root,
            preset=preset,
            seed=seed,
            device=device,
            assignments=tuple(assignments or ()),
            plugins=tuple(plugin or ()),
            command=spelled(sys.argv[1:]),
            as_json=as_json,
            quiet=quiet,
        )


@app.command("list")
def list_plugins(plugin: Plugins = None) -> None:
    """List all attacks, defenses and datasets."""
    with clear_errors():
        from bench.cli.catalog import print_list

        print_list(tuple(plugin or ()))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Attack, defense or dataset.")],
    preset: Annotated[str | None, typer.Option(help="Show the values under this preset too.")] = None,
    plugin: Plugins = None,
) -> None:
    """Describe one attack, defense or dataset: source, threat model, settings."""
    with clear_errors():
        from bench.cli.catalog import print_entry

        print_entry(name, preset, tuple(plugin or ()))


@app.command()
def doctor() -> None:
    """Check this installation: where modules come from, devices, cache, plugins."""
    with clear_errors():
        from bench.cli.doctor import examine

        if not examine():
            raise typer.Exit(2)


@schema.command("record")
def print_record_schema() -> None:
    """The JSON schema of a record."""
    import json

    from bench.records.schema import Record

    typer.echo(json.dumps(Record.model_json_schema(), indent=2))


def main() -> None:
    """Entry point of the console scripts."""
    wait_briefly(os.environ)
    keep_pages()
    listen()
    app()
