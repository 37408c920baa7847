"""What every plugin's settings must refuse where they are made: a typo is one line then, not a failed run."""

import dataclasses
import math
from typing import Any

import pytest

from bench import config
from bench.errors import BenchError
from bench.registry import Registry
from tests.contract.conftest import Required

PLUGINS = [(kind, entry.name) for kind in ("attacks", "defenses", "datasets") for entry in Registry().of(kind)]
IMPOSSIBLE: dict[str, Any] = {
    "iterations": 0,
    "learning_rate": -1.0,
    "batch": 0,
    "batch_size": 0,
    "patch": 0,
    "keys": 0,
    "queries": 0,
    "widths": [],
    "encoder_widths": [0],
    "adversary_widths": [],
    "generator_widths": [0],
}
"""Settings that no training can have, whoever uses these words."""


def _built(kind: str, name: str, required: Required, **changes: Any) -> object:
    cls = Registry().find(kind, name).load()
    return config.build(cls, {**cls.presets.get("smoke", {}), **required.get(name, {}), **changes})


def _fields(kind: str, name: str) -> dict[str, Any]:
    return {field.name: field.type for field in dataclasses.fields(Registry().find(kind, name).load())}


def _impossible() -> list[tuple[str, str, str]]:
    asked = [(plugin, key, _fields(*plugin)) for plugin in PLUGINS for key in IMPOSSIBLE]
    return [
        (*plugin, key)
        for plugin, key, fields in asked
        if key in fields and (key != "iterations" or "learning_rate" in fields)  # others may refine in none
    ]


@pytest.mark.parametrize(("kind", "name", "key"), _impossible())
def test_what_nothing_can_be_trained_with_is_refused_at_once(
    kind: str, name: str, key: str, required: Required
) -> None:
    with pytest.raises(BenchError, match=f"^{name}: {key} must be "):
        _built(kind, name, required, **{key: IMPOSSIBLE[key]})


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_is_no_number_is_refused_at_once(kind: str, name: str, number: float, required: Required) -> None:
    """It would have the address of another that is none, and share that one's results."""
    for key, of in _fields(kind, name).items():
        value = (number,) if "tuple" in str(of) else number
        if "float" in str(of):
            with pytest.raises(BenchError, match=f"^{name}: "):
                _built(kind, name, required, **{key: value})
