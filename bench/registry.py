"""Finding plugins: installed ones by entry point, a single file by path.

The core never imports a plugin by name; the built-in ones come through the same door as everybody else's.
"""

import difflib
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from bench.defects import KINDS as KINDS
from bench.defects import defect, lacking
from bench.errors import BenchError
from bench.plugin import Plugin


@dataclass(frozen=True)
class Entry:
    """One registered plugin; loading it may fail, and then says why."""

    kind: str
    name: str
    point: EntryPoint | type[Plugin]
    origin: str

    @cached_property
    def _loaded(self) -> tuple[type[Plugin] | None, str | None]:
        try:
            found = self.point.load() if isinstance(self.point, EntryPoint) else self.point
        except Exception as error:  # noqa: BLE001 - a broken plugin must not break the others, whatever it raises
            return None, f"{type(error).__name__}: {error}"
        return found, defect(self.kind, self.name, found)

    @property
    def defect(self) -> str | None:
        """Why this plugin cannot be used, or None."""
        return self._loaded[1]

    def load(self) -> type[Plugin]:
        """The plugin's class.

        Raises:
            BenchError: the plugin is broken.
        """
        found, defect = self._loaded
        if found is None or defect is not None:
            raise BenchError(f"plugin {self.name!r} ({self.origin}) is broken: {defect}")
        return found


class Registry:
    """All plugins that are installed, plus those of single files."""

    def __init__(self, files: tuple[Path, ...] = ()) -> None:
        self.entries: list[Entry] = [
            Entry(kind, point.name, point, point.value)
            for kind in KINDS
            for point in sorted(entry_points(group=f"bench.{kind}"), key=lambda point: point.name)
        ]
        for path in files:
            for entry in _from_file(path):
                if any((entry.kind, entry.name) == (known.kind, known.name) for known in self.entries):
                    raise BenchError(f"{path} defines {entry.name!r}, which exists already; choose another name")
                self.entries.append(entry)

    def of(self, kind: str) -> list[Entry]:
        """Entries of one kind, by name."""
        return sorted((entry for entry in self.entries if entry.kind == kind), key=lambda entry: entry.name)

    def find(self, kind: str, name: str) -> Entry:
        """The entry called `name`.

        Raises:
            BenchError: there is none; the line names what there is.
        """
        for entry in self.of(kind):
            if entry.name == name:
                return entry
        names = [entry.name for entry in self.of(kind)]
        elsewhere = [entry.kind for entry in self.entries if entry.name == name]
        hint = f" (it is one of the {elsewhere[0]})" if elsewhere else _did_you_mean(name, names)
        raise BenchError(f"no {kind.removesuffix('s')} named {name!r}{hint}; available: {', '.join(names) or 'none'}")

    def find_anywhere(self, name: str) -> list[Entry]:
        """The entries called `name`, of whatever kind.

        Raises:
            BenchError: there is none.
        """
        found = [entry for entry in self.entries if entry.name == name]
        if not found:
            hint = _did_you_mean(name, sorted({entry.name for entry in self.entries}))
            raise BenchError(f"nothing is named {name!r}{hint}; `bench list` names all attacks, defenses and datasets")
        return found


def _did_you_mean(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _from_file(path: Path) -> list[Entry]:
    if not path.is_file():
        raise BenchError(f"no plugin file {path}; --plugin takes a Python file")
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    module_name = f"bench_plugin_{path.stem}_{place}"  # two files of one name are two modules
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise BenchError(f"{path} is no Python file; --plugin takes one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BenchError(f"plugin file {path} does not import: {type(error).__name__}: {error}") from error
    found = [
        Entry(kind, getattr(item, "name", item.__name__), item, str(path))
        for item in vars(module).values()
        if inspect.isclass(item) and item.__module__ == module_name
        for kind, contract in KINDS.items()
        if issubclass(item, contract) and not inspect.isabstract(item)
    ]
    if not found:
        raise BenchError(_nothing_in(path, vars(module).values(), module_name))
    return found


def _nothing_in(path: Path, items: Iterable[object], module: str) -> str:
    for item in items:
        if inspect.isclass(item) and item.__module__ == module and issubclass(item, Plugin) and lacking(item):
            return f"{path}: {item.__name__} lacks {', '.join(lacking(item))}"
    contracts = ", ".join(contract.__name__ for contract in KINDS.values())
    return f"{path} defines no subclass of {contracts}"
