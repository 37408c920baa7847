"""A record on a terminal."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bench.cli.leakage_tables import leakage_tables
from bench.cli.utility_table import utility_table
from bench.records.entries import DefenseEntry
from bench.records.schema import Record


def print_record(record: Record, path: Path, *, known: bool) -> None:
    """Utility beside leakage beside chance, then where the files are."""
    console = Console(highlight=False)
    leakage = [] if record.privacy is None else leakage_tables(record.privacy)
    console.print(_head(record))
    for sheet in (utility_table(record), *leakage):
        sheet.print(console)
    console.print(_cost(record))
    for warning in record.warnings:
        console.print(f"note: {warning}", style="yellow", soft_wrap=True, markup=False)
    if known:
        console.print("already done: nothing was run again", style="green")
    console.print(f"record  {path}", soft_wrap=True, markup=False)
    for picture in record.pictures:
        console.print(f"picture {path.parent / picture}", soft_wrap=True, markup=False)


def _head(record: Record) -> str:
    data = record.data
    people = ", ".join(f"{name} {count}" for name, count in data.subjects.items())
    made_up = "made-up anatomy" if data.synthetic else f"real scans, {data.revisits} second visits"
    return (
        f"\n[bold]{record.defense.name}[/] against [bold]{record.attack.name}[/] "
        f"(T{record.attack.threat.tier}) on {data.name}, {record.preset}, seed {record.seed}\n"
        f"{made_up}; {data.spacing_mm:g} mm; people: {people}{_origin(record.defense)}"
    )


def _origin(defense: DefenseEntry) -> str:
    """Where settings or networks come from that are neither defaults nor the suite's own."""
    found = ""
    if defense.trained_elsewhere is not None:
        brought = defense.trained_elsewhere
        found += f"\ntrained elsewhere: {escape(brought.method)} ({brought.digest})"
    if defense.tuned is not None:
        kept = {key: value for key, value in defense.tuned.chosen.items() if key not in defense.tuned.overruled}
        chosen = ", ".join(f"{key}={value}" for key, value in kept.items()) or "nothing that --set left"
        found += f"\ntuned by {defense.tuned.folds} folds of the training role: {escape(chosen)}"
    return found


def _cost(record: Record) -> str:
    cost = record.cost
    client, server = map(_milliseconds, (cost.client_seconds, cost.server_seconds))
    return (
        f"per scan: client {client}, server {server}, sent {cost.bytes_sent / 1e6:.2f} MB, "
        f"received {cost.bytes_received / 1e6:.2f} MB; training {cost.training_seconds or 0:.0f} s, "
        f"attack {cost.attack_seconds or 0:.0f} s"
    )


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.0005 else "<1 ms"
