"""Versions of code: hashes of the source that decides what is computed."""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.source_text import without_prose

_CONTRACTS = {"bench.attack", "bench.defense", "bench.dataset", "bench.plugin"}
_FOLLOWED = {"bench.attacks", "bench.defenses", "bench.models"}
"""Folders of plugins and of what they are built of; what is imported from there is part of a plugin."""
_ROOMS = {*_FOLLOWED, "bench.data"}
"""Folders in which every file stands for itself."""
_INSTALLED = {"site-packages", "dist-packages"}
"""Folders of packages that the record's environment names by their versions."""


@cache
def code_version(*modules: str) -> str:
    """Hash of the source of these modules and everything below them; changes when what they compute may change."""
    digest = hashlib.sha256()
    for name in sorted(modules):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"no source for module {name}")
        origin = Path(spec.origin)
        files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
        for path in files:
            digest.update(name.encode() + path.name.encode() + without_prose(path))
    return digest.hexdigest()[:16]


def plugin_version(cls: type) -> str:
    """Hash of the source that defines a plugin: the files of its class and of the bases that are not contracts.

    A plugin that is a package of its own counts with all files of its folder; one among many in a folder of plugins
    with its own. Whatever they import, and what that imports, counts as well: of this suite from folders of plugins and
    of networks, else from the plugin's own package and from wherever no installed package lies.
    """
    return _of_loaded(cls)


@cache  # whoever edits a file after it was loaded does not change what runs
def _of_loaded(cls: type) -> str:
    digest = hashlib.sha256()
    files = _files(cls)
    for file in sorted((file for file in files if file.of_the_suite), key=lambda file: file.path):
        digest.update(file.path.name.encode() + file.source())
    for name, source in sorted((file.path.name, file.source()) for file in files if not file.of_the_suite):
        digest.update(name.encode() + source)  # in an order that does not depend on where they lie
    return digest.hexdigest()[:16]


def _files(cls: type) -> "set[_Module]":
    home = cls.__module__.partition(".")[0]
    bases = [base.__module__ for base in cls.__mro__ if base.__module__ not in _CONTRACTS]
    modules = [_Module.loaded(name) for name in bases if _may_count(name.partition(".")[0], home)]
    files = {file for one in modules if one is not None for file in one.with_neighbours()}
    waiting = list(files)
    while waiting:
        new = {file for found in waiting.pop().imported(home) for file in found.with_company()} - files
        files |= new
        waiting.extend(new)
    return files


@dataclass(frozen=True)
class _Module:
    """A file with the name under which it is imported."""

    name: str
    path: Path

    @classmethod
    def loaded(cls, name: str) -> "_Module | None":
        path = getattr(sys.modules[name], "__file__", None)
        return None if path is None else cls(name, Path(path))

    @classmethod
    def found(cls, name: str) -> "_Module | None":
        """Without running it, though what it lies in is run."""
        try:
            spec = importlib.util.find_spec(name)
        except Exception:  # noqa: BLE001 - a package that cannot be imported here, whatever it raises: tried, not used
            return None
        return None if spec is None or not spec.has_location or spec.origin is None else cls(name, Path(spec.origin))

    def source(self) -> bytes:
        """Without prose where it is Python; else as it is, such as a compiled module."""
        return without_prose(self.path) if self.path.suffix == ".py" else self.path.read_bytes()

    @property
    def of_the_suite(self) -> bool:
        return self.name.partition(".")[0] == "bench"

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def with_neighbours(self) -> "set[_Module]":
        """Itself with its whole folder, unless that is a room in which every file stands for itself."""
        package = self.name.rpartition(".")[0]
        return self._folder() if package and package not in _ROOMS else {self}

    def with_company(self) -> "set[_Module]":
        """Itself; of the suite's packages all."""
        alone = not self.of_the_suite or (self.package in _ROOMS and not self.is_package)
        return {self} if alone else self._folder()

    def _folder(self) -> "set[_Module]":
        return {
            _Module(self.package if path.name == "__init__.py" else f"{self.package}.{path.stem}", path)
            for path in self.path.parent.glob("*.py")
        }

    def imported(self, home: str) -> "Iterable[_Module]":
        """What it imports that counts, with the packages on the way there."""
        if self.path.suffix != ".py":
            return
        names = {name for node in ast.walk(ast.parse(self.path.read_bytes())) for name in self._named(node)}
        tops = {top for top in {name.partition(".")[0] for name in names} if _may_count(top, home)}
        for name in sorted(names):
            module = _Module.found(name) if name.partition(".")[0] in tops else None
            followed = any(name.startswith(f"{room}.") for room in _FOLLOWED)
            if module is not None and (followed or not module.of_the_suite):
                yield module

    def _named(self, node: ast.AST) -> Iterator[str]:
        """Modules that a statement may name; what is taken from a package may be one of them."""
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = ".".join(self.package.split(".")[: len(self.package.split(".")) - node.level + 1])
            base = ".".join(part for part in (inside if node.level else "", node.module or "") if part)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")]
        else:
            return
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _may_count(top: str, home: str) -> bool:
    """Whether modules below this name can be part of a plugin; looked up without running anything."""
    if top == home or top in sys.stdlib_module_names:
        return top == home
    spec = importlib.util.find_spec(top) if top not in sys.modules else sys.modules[top].__spec__
    if spec is None:
        return False
    places = [spec.origin] if spec.origin is not None else list(spec.submodule_search_locations or ())
    return any(not _INSTALLED & set(Path(place).parts) for place in places)
