"""`bench tune`."""

from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from bench.records.tuning import FoldScore, Tuning


def tune_and_report(*, plugins: tuple[Path, ...], as_json: bool, quiet: bool, **request: Any) -> None:
    """Run one cross-validation and print its folds as a table or JSON."""
    from bench.progress import Display
    from bench.registry import Registry
    from bench.runner.tuning.plan import Plan, TuneRequest
    from bench.store import Store

    plan = Plan.resolve(TuneRequest(plugins=plugins, **request), Registry(plugins))

    from bench.runner.tuning.tune import run_tuning

    store = Store.default()
    tuning = run_tuning(plan, store, Display(quiet=quiet))
    if as_json:
        typer.echo(tuning.model_dump_json(indent=2))
    else:
        print_tuning(tuning, store.tuning(plan.address))


def print_tuning(tuning: Tuning, path: Path) -> None:
    """Every setting with its folds, the chosen one in bold, and how to use it."""
    console = Console(highlight=False)
    keys = list(tuning.chosen)
    people = "+".join(str(fold.people) for fold in tuning.scores[0].folds)
    console.print(
        f"\n[bold]{tuning.defense}[/] on {tuning.data}, {tuning.preset}, seed {tuning.seed}\n"
        f"Dice on the held-out fold of the training role ({people} people)",
        soft_wrap=True,
    )
    table = Table()
    for key in keys:
        table.add_column(key, justify="right")
    for number in range(tuning.folds):
        table.add_column(f"fold {number + 1}", justify="right")
    table.add_column("mean", justify="right")
    table.add_column("sd", justify="right")
    for scores in tuning.scores:
        table.add_row(
            *(_text(scores.settings[key]) for key in keys),
            *(_dice(fold) for fold in scores.folds),
            _number(scores.mean),
            _number(scores.sd),
            style="bold" if scores.settings == tuning.chosen else None,
        )
    console.print(table)
    for reason in dict.fromkeys(fold.reason for scores in tuning.scores for fold in scores.folds if fold.reason):
        console.print(f"note: {reason}", style="yellow", soft_wrap=True, markup=False)
    chosen = " ".join(f"{key}={_text(value)}" for key, value in tuning.chosen.items())
    same = f"--data {tuning.data} --preset {tuning.preset} --seed {tuning.seed}"
    console.print(f"chosen  {chosen}", soft_wrap=True, markup=False)
    console.print(f"use it with: bench run {tuning.defense} ATTACK --tuned {same}", soft_wrap=True, markup=False)
    console.print(f"stored  {path}", soft_wrap=True, markup=False)


def _dice(fold: FoldScore) -> str:
    return "diverged" if fold.dice is None else f"{fold.dice:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
