"""`bench data list` and `bench data show`."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench import config
from bench.data.about import About
from bench.data.listed import ListedDataset
from bench.dataset import Dataset
from bench.errors import BenchError
from bench.registry import Registry


def print_cohorts(plugins: tuple[Path, ...], as_json: bool) -> None:
    """A line for every dataset that can be used."""
    found = [(entry.name, entry.load()) for entry in Registry(plugins).of("datasets") if entry.defect is None]
    if as_json:
        facts = {name: {"summary": cls.summary, "source": cls.source} | _facts(cls) for name, cls in found}
        print(json.dumps(facts, indent=2))
        return
    table = Table(box=None, padding=(0, 2), show_edge=False)
    for head in ("name", "people and scans", "licence"):
        table.add_column(head, style="bold" if head == "name" else None, no_wrap=head == "name")
    for name, cls in found:
        about = about_of(cls)
        table.add_row(name, about.size if about else "-", about.licence if about else "-")
    console = Console(highlight=False)
    console.print(table)
    console.print("more about one: bench data show NAME")


def print_cohort(name: str, plugins: tuple[Path, ...]) -> None:
    """Everything that no file of the cohort tells."""
    cls = Registry(plugins).find("datasets", name).load()
    console = Console(highlight=False)
    console.print(f"[bold]{name}[/]: {escape(cls.summary)}", soft_wrap=True)
    about = about_of(cls)
    if about is not None:
        for head in ("size", "licence", "get", "citation"):
            label = {"citation": "cite", "get": "get it"}.get(head, head)
            console.print(f"{label:<8} {getattr(about, head)}", soft_wrap=True, markup=False)
        console.print("\nexpected files:")
        for line in about.tree.splitlines():
            console.print(f"  {line}", soft_wrap=True, markup=False)
    console.print(f"\nsettings: bench show {name}", soft_wrap=True)
    if issubclass(cls, ListedDataset):
        console.print(f"check it: bench data check {name} --root DIR", soft_wrap=True)


def about_of(cls: type) -> About | None:
    """What the plugin says about its cohort, if anything."""
    about = getattr(cls, "about", None)
    return about if isinstance(about, About) else None


def listed(name: str, assignments: tuple[str, ...], plugins: tuple[Path, ...]) -> ListedDataset:
    """The dataset of that name with these settings.

    Raises:
        BenchError: there is none, a setting does not fit, or it reads no files.
    """
    cls = Registry(plugins).find("datasets", name).load()
    settings = config.resolve({"data": cls}, "paper", [config.Assignment.parse(text) for text in assignments])
    dataset: Dataset = settings["data"]
    if not isinstance(dataset, ListedDataset):
        raise BenchError(f"dataset {name} reads no files that could be looked at; see `bench data list`")
    return dataset


def _facts(cls: type) -> dict[str, str]:
    about = about_of(cls)
    return asdict(about) if about is not None else {}
