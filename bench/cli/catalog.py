"""`bench list` and `bench show`."""

import dataclasses
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docstring_parser
import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench import config
from bench.attack import Attack
from bench.errors import BenchError
from bench.registry import Entry, Registry
from bench.runner import contenders
from bench.types.threat import GALLERIES

EVALUATION = "evaluation"
"""The component of settings that is no plugin."""


def print_list(plugins: tuple[Path, ...]) -> None:
    """Every plugin, a line each; broken ones with the reason."""
    console = Console(highlight=False)
    registry = Registry(plugins)
    for kind in ("defenses", "attacks", "datasets"):
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        table.add_column()
        for entry in registry.of(kind):
            table.add_row(entry.name, _line(entry))
        if kind == "attacks":
            table.add_row(contenders.NAME, contenders.SUMMARY)
        console.print(table)
        console.print()


def print_entry(name: str, preset: str | None, plugins: tuple[Path, ...]) -> None:
    """Everything about one plugin.

    Raises:
        BenchError: no such plugin or preset.
    """
    if preset is not None and preset not in config.PRESETS:
        raise BenchError(f"no preset named {preset!r}; available: {', '.join(config.PRESETS)}")
    if name == EVALUATION:
        console = Console(highlight=False)
        console.print(f"[bold]{name}[/]: what is measured and on how many, whatever the defense and the attack")
        _print_settings(console, config.Evaluation, config.PRESETS.get(preset or "", {}))
        return
    registry = Registry(plugins)
    if name == contenders.NAME:
        console = Console(highlight=False)
        console.print(f"[bold]{name}[/]: {contenders.SUMMARY}", soft_wrap=True)
        console.print(f"tries, in this order: {', '.join(contenders.suite(registry))}", soft_wrap=True)
        return
    entries = registry.find_anywhere(name)
    console = Console(highlight=False)
    for entry in entries:
        console.print(f"[bold]{entry.name}[/] ({entry.kind.removesuffix('s')}), from {escape(entry.origin)}")
        if entry.defect is not None:
            console.print(f"broken: {entry.defect}", style="red", markup=False, soft_wrap=True)
            continue
        _describe(console, entry.load(), preset)
    if any(entry.defect is not None for entry in entries):
        raise typer.Exit(2)


def _describe(console: Console, plugin: type[Any], preset: str | None) -> None:
    module = inspect.getmodule(plugin)
    console.print(inspect.getdoc(module) or "", markup=False)
    console.print(f"\nsource: {plugin.source}", markup=False, soft_wrap=True)
    if issubclass(plugin, Attack):
        threat = plugin.threat
        console.print(f"goal: {plugin.goal.value}; threat model: T{threat.tier.value} ({threat.tier.name.lower()})")
        for word in ("observes", "knows", "owns"):
            console.print(f"  {word}: {', '.join(sorted(grant.value for grant in getattr(threat, word))) or 'nothing'}")
        console.print(f"  queries per scan: {threat.queries or 'all that were sent'}")
        if plugin.goal in GALLERIES:
            console.print(f"  judged by looking it up among: {GALLERIES[plugin.goal]}")
    _print_settings(console, plugin, plugin.presets.get(preset or "", {}))


def _print_settings(console: Console, settings: type[Any], changed: Mapping[str, Any]) -> None:
    fields = dataclasses.fields(settings)
    if not fields:
        console.print("no settings")
        return
    meanings = _meanings(settings)
    console.print("settings (--set key=value):")
    for field in fields:
        line = Text.assemble(
            "  ", (field.name, "bold"), f" = {_text(_default(field))}", (f"  ({_allowed(field.type)})", "dim")
        )
        if field.name in changed:
            line.append(f"  under this preset: {_text(changed[field.name])}", "cyan")
        console.print(line, soft_wrap=True)
        if field.name in meanings:
            console.print(Padding(Text(meanings[field.name]), (0, 0, 0, 6)))


def _meanings(plugin: type[Any]) -> dict[str, str]:
    """What the `Attributes:` sections of the class and its bases say about each field."""
    found: dict[str, str] = {}
    for base in reversed(plugin.__mro__):
        for attribute in docstring_parser.parse(base.__doc__ or "").params:
            for name in attribute.arg_name.split(","):
                found[name.strip()] = " ".join((attribute.description or "").split())
    return found


def _line(entry: Entry) -> str:
    if entry.defect is not None:
        return f"[red]broken: {escape(entry.defect)}[/]".replace("\n", " ")
    plugin = entry.load()
    tier = f"T{plugin.threat.tier.value} {plugin.goal.value}: " if issubclass(plugin, Attack) else ""
    return tier + escape(plugin.summary)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else "(required)"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _allowed(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return text.replace("typing.", "").removeprefix("Literal[").removesuffix("]") if "Literal[" in text else text


def _close(name: str, registry: Registry, kind: str) -> bool:
    import difflib

    return bool(difflib.get_close_matches(name, [entry.name for entry in registry.of(kind)], n=1))
