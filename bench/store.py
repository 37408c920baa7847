"""Content addresses, and where things with a content address are kept."""

import ast
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.source_text import without_prose

CACHE_VARIABLE = "UNVEIL_CACHE"
_CONTRACTS = {"bench.attack", "bench.defense", "bench.dataset", "bench.plugin"}
_FOLLOWED = {"bench.attacks", "bench.defenses", "bench.models"}
"""Folders of plugins and of what they are built of; what is imported from there is part of a plugin."""
_ROOMS = {*_FOLLOWED, "bench.data"}
"""Folders in which every file stands for itself."""


def address(parts: Mapping[str, Any]) -> str:
    """A 16-digit hash of JSON values; equal content, equal address."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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

    A plugin that is a package of its own counts with all its files; one among many in a folder of plugins with its own,
    and with whatever it imports from folders of plugins and of networks.
    """
    files: set[Path] = set()
    for base in cls.__mro__:
        module = sys.modules[base.__module__]
        path = getattr(module, "__file__", None)
        if path is None or base.__module__ in _CONTRACTS or not _is_plugin_code(base.__module__):
            continue
        package = base.__module__.rpartition(".")[0]
        files.update(Path(path).parent.glob("*.py") if package and package not in _ROOMS else [Path(path)])
    waiting = list(files)
    while waiting:
        new = _imported_from_rooms(waiting.pop()) - files
        files |= new
        waiting.extend(new)
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.name.encode() + without_prose(path))
    return digest.hexdigest()[:16]


def _imported_from_rooms(path: Path) -> set[Path]:
    """Files of these folders that this one imports, packages whole."""
    files: set[Path] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in named:
            if not any(name.startswith(f"{room}.") for room in _FOLLOWED):
                continue
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.origin is not None:
                origin, package = Path(spec.origin), name.rpartition(".")[0]
                alone = package in _ROOMS and origin.name != "__init__.py"
                files.update([origin] if alone else origin.parent.glob("*.py"))
    return files


def _is_plugin_code(module: str) -> bool:
    return module.partition(".")[0] not in sys.stdlib_module_names


@dataclass(frozen=True)
class Store:
    """Folders of the cache: prepared cohorts, trained networks, transcripts, utilities. Safe to delete at any time."""

    root: Path

    @classmethod
    def default(cls) -> "Store":
        """`$UNVEIL_CACHE`, else `$XDG_CACHE_HOME/unveil`, else `~/.cache/unveil`."""
        given = os.environ.get(CACHE_VARIABLE)
        if given:
            return cls(Path(given).expanduser())
        base = os.environ.get("XDG_CACHE_HOME")
        return cls((Path(base) if base else Path.home() / ".cache") / "unveil")

    @property
    def cohorts(self) -> Path:
        """Prepared cohorts."""
        return self.root / "cohorts"

    def networks(self, content: str) -> Path:
        """Checkpoints of one training run."""
        return self.root / "networks" / content

    def transcript(self, content: str) -> Path:
        """The recorded traffic of one defense on one cohort."""
        return self.root / "transcripts" / content

    def utility(self, content: str) -> Path:
        """The measured utility of one defense on one cohort."""
        return self.root / "utility" / f"{content}.json"

    def fold_score(self, content: str) -> Path:
        """One setting of a defense on one fold of the training role."""
        return self.root / "tuning" / "folds" / f"{content}.json"

    def tuning(self, content: str) -> Path:
        """What the last cross-validation of one defense on one cohort chose."""
        return self.root / "tuning" / f"{content}.json"

    def validity(self, content: str) -> Path:
        """The known-answer checks of one attack."""
        return self.root / "validity" / f"{content}.json"
