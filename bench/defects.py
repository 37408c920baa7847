"""Why a class cannot serve as a plugin; found when it is loaded, not after hours of training."""

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bench.attack import Attack
from bench.config import PRESETS
from bench.dataset import Dataset
from bench.defense import Defense
from bench.plugin import Plugin
from bench.types.threat import Goal, ThreatModel

KINDS: dict[str, type[Plugin]] = {"attacks": Attack, "defenses": Defense, "datasets": Dataset}
"""Entry-point group `bench.<kind>` and the contract that its members fulfil."""
TYPES: Mapping[str, Mapping[str, type[Any]]] = {
    "attacks": {"goal": Goal, "threat": ThreatModel, "costly": bool},
    "defenses": {"family": str, "randomised": bool},
    "datasets": {"synthetic": bool, "needs_root": bool, "voxel_version": int},
}
"""What a class of each kind says about itself besides its name, its summary and its source."""
_MAY_FOLLOW = frozenset({"randomised"})
"""Of these, what may follow from the settings; all else is asked of the class."""
NAME = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
"""It becomes part of file names and of commands."""


def defect(kind: str, name: str, found: object) -> str | None:
    """The first thing that is wrong with what is registered as `name`; None if it can be used."""
    contract = KINDS[kind]
    if not (inspect.isclass(found) and issubclass(found, contract)):
        return f"{found!r} is no subclass of {contract.__module__}.{contract.__name__}"
    return next(_wrong(kind, name, found), None)


def lacking(found: type[Any]) -> list[str]:
    """Methods of the contract that a class does not have."""
    return sorted(getattr(found, "__abstractmethods__", ()))


def _wrong(kind: str, name: str, found: type[Plugin]) -> Iterator[str]:
    own = found.__name__
    says: dict[str, type[Any]] = {"name": str, "summary": str, "source": str, "presets": Mapping, **TYPES[kind]}
    missing = [*lacking(found), *(field for field in says if not hasattr(found, field))]
    if missing:
        yield f"{own} lacks {', '.join(missing)}"
    for field, expected in says.items():
        if field in _MAY_FOLLOW and isinstance(getattr(found, field), property):
            continue
        if not isinstance(getattr(found, field), expected):
            yield f"{own}.{field} must be {_article(expected)}, got {getattr(found, field)!r}"
    if not NAME.fullmatch(found.name):
        yield f"{own}.name is {found.name!r}; a name is made of small letters, digits, and dashes between them"
    if "__dataclass_params__" not in vars(found):
        yield f"{own} must be a dataclass (its fields are its settings)"
    if found.name != name:
        yield f"{own}.name is {found.name!r}, registered as {name!r}"
    yield from _wrong_settings(kind, found)


def _wrong_settings(kind: str, found: type[Plugin]) -> Iterator[str]:
    own, settings = found.__name__, sorted(field.name for field in dataclasses.fields(found))  # type: ignore[arg-type]
    for key, value in vars(found).items():
        plain = isinstance(value, (int, float, str, tuple)) and not key.startswith("_")
        if plain and key not in inspect.get_annotations(found) and not hasattr(KINDS[kind], key) and key not in _SAYS:
            yield f"{own}.{key} has no type, so it is no setting; write {key}: {type(value).__name__} = {value!r}"
    for preset, values in found.presets.items():
        if preset not in PRESETS:
            yield f"{own}.presets names {preset!r}; there are {', '.join(PRESETS)}"
        unknown = sorted(set(values) - set(settings))
        if unknown:
            yield f"{own}.presets[{preset!r}] sets {', '.join(unknown)}; settings are {', '.join(settings) or 'none'}"


_SAYS = frozenset({"name", "summary", "source", "dial", *(field for fields in TYPES.values() for field in fields)})
"""What a class may say about itself without a type."""


def _article(expected: type[Any]) -> str:
    return {str: "text", bool: "True or False", int: "a whole number"}.get(expected, f"a {expected.__name__}")
