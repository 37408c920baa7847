"""From `--grid key=v1,v2` to settings."""

import itertools
from collections.abc import Sequence
from typing import Any

from bench import config
from bench.defense import Defense
from bench.errors import BenchError
from bench.plugin import ReadsFiles


def settings_in(
    defense: type[Defense[Any]], preset: str, grid: Sequence[str], assignments: Sequence[config.Assignment]
) -> list[tuple[dict[str, Any], Defense[Any]]]:
    """Every combination, the last key of the grid turning fastest: what the grid says, and the whole defense.

    Args:
        grid: `key=v1,v2`, or `key=[[8,16],[16,32]]` where a value is itself a list.
        assignments: what the user sets beside, of the defense only.

    Raises:
        BenchError: a key is unknown, named twice, set beside the grid or names files, or a value does not fit.
    """
    if not grid:
        raise BenchError("nothing to tune: name at least one setting, e.g. --grid learning_rate=1e-4,3e-4")
    choices = [_choice(text, defense) for text in grid]
    keys = [key for key, _ in choices]
    for key in keys:
        if keys.count(key) > 1:
            raise BenchError(f"--grid names {key} twice; put all values into one")
        if any(assignment.key == key for assignment in assignments):
            raise BenchError(f"--grid {key} and --set {key} contradict each other; leave one out")
    found: list[tuple[dict[str, Any], Defense[Any]]] = []
    for values in itertools.product(*(values for _, values in choices)):
        turned = [config.Assignment("defense", key, value) for key, value in zip(keys, values, strict=True)]
        made: Defense[Any] = config.resolve({"defense": defense}, preset, [*assignments, *turned])["defense"]
        _require_no_files(made, keys)
        plain = config.by_content(made)
        chosen = {key: plain[key] for key in keys}
        if any(chosen == other for other, _ in found):
            raise BenchError(f"--grid names {', '.join(f'{key}={value}' for key, value in chosen.items())} twice")
        found.append((chosen, made))
    return found


def _require_no_files(defense: Defense[Any], keys: Sequence[str]) -> None:
    """What is chosen is kept by content, from which no file could be found again."""
    named = set(keys) & set(defense.contents()) if isinstance(defense, ReadsFiles) else set()
    if named:
        key = min(named)
        raise BenchError(f"--grid {key} names files, which are not tuned; run each of them with --set {key}=...")


def _choice(text: str, defense: type[Defense[Any]]) -> tuple[str, list[str]]:
    assignment = config.Assignment.parse(text, option="--grid")
    if assignment.component not in (None, "defense"):
        raise BenchError(f"--grid {text!r}: only settings of the defense are tuned, set others with --set")
    config.owner_of(assignment, {"defense": defense})
    values = config.values_in(assignment.value)
    if not values:
        raise BenchError(f"--grid {text!r} names no value, e.g. --grid learning_rate=1e-4,3e-4")
    return assignment.key, values
