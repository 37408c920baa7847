"""The command that runs further attacks against the defense of a record.

It is made of names and settings that are looked up here, and never of the record's command, which is untrusted text.
"""

import dataclasses
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import config
from bench.attack import Attack
from bench.defense import Defense
from bench.errors import BenchError
from bench.plugin import Plugin, ReadsFiles
from bench.records.schema import Record
from bench.registry import Registry
from bench.runner.attack.candidates import require_truth
from bench.runner.contenders import NAME
from bench.runner.traffic.training import require_labels


def command_for(
    record: Record,
    attacks: Sequence[str],
    registry: Registry,
    *,
    root: Path | None = None,
    plugins: Sequence[Path] = (),
) -> str:
    """One line for a shell: `bench run DEFENSE adaptive --only ...` with all settings that differ from the preset's.

    Args:
        attacks: names from the registry.
        root: folder of the dataset's files; `DIR` stands for it if it is not known.
        plugins: files that `registry` was made with.

    Raises:
        BenchError: the defense or the dataset is not installed here or reads files, of which a record holds the hash
            alone, or a preset or setting is not known here.
    """
    resolved = _resolved(record, registry)
    tuned = record.defense.tuned
    chosen = set() if tuned is None else {f"defense.{key}" for key in tuned.chosen if key not in tuned.overruled}
    words = ["bench", "run", record.defense.name, NAME, "--only", ",".join(attacks), "--data", record.data.name]
    if resolved["data"].needs_root:
        words += ["--root", "DIR" if root is None else str(root)]
    words += ["--preset", record.preset, "--seed", str(record.seed)]
    for component, settings in resolved.items():
        for key, value in _changed(settings, record.preset).items():
            if f"{component}.{key}" not in chosen:
                words += ["--set", f"{component}.{key}={json.dumps(value)}"]
    words += [word for plugin in plugins for word in ("--plugin", str(plugin))]
    return shlex.join([*words, "--tuned"] if tuned is not None else words)


def fitting(record: Record, attacks: Sequence[str], registry: Registry) -> list[str]:
    """Those of these attacks that can be asked of the defense of a record.

    Raises:
        BenchError: as `command_for`.
    """
    defense = _resolved(record, registry)["defense"]
    found = {name: registry.find("attacks", name).load() for name in attacks}
    return [name for name, attack in found.items() if _fits(attack, defense)]


def _fits(asking: type[Plugin], defense: Defense[Any]) -> bool:
    try:
        attack = config.build(asking, {})
    except BenchError:  # one that must be told something first is asked all the same
        return True
    assert isinstance(attack, Attack)
    try:
        require_truth(attack, defense)
        require_labels(attack, defense)
    except BenchError:
        return False
    return True


def _resolved(record: Record, registry: Registry) -> dict[str, Any]:
    """Dataset, defense and evaluation as they were set."""
    asked = {
        "data": ("datasets", record.data.name, record.data.settings),
        "defense": ("defenses", record.defense.name, record.defense.settings),
    }
    classes: dict[str, type[Any]] = {
        component: registry.find(kind, name).load() for component, (kind, name, _) in asked.items()
    }
    for component, plugin in classes.items():
        if issubclass(plugin, ReadsFiles):
            raise BenchError(f"{asked[component][1]} reads files that the record does not hold; run it with your copy")
    given = {component: settings for component, (_, _, settings) in asked.items()} | {"evaluation": record.settings}
    texts = [f"{part}.{key}={json.dumps(value)}" for part, settings in given.items() for key, value in settings.items()]
    assignments = [config.Assignment.parse(text) for text in texts]
    return config.resolve({**classes, "evaluation": config.Evaluation}, record.preset, assignments)


def _changed(settings: Any, preset: str) -> dict[str, Any]:
    """The fields that are not what the preset makes them."""
    usual = {
        field.name: field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        for field in dataclasses.fields(settings)
    }
    usual |= config.PRESETS[preset] if isinstance(settings, config.Evaluation) else settings.presets.get(preset, {})
    known = config.plain_values({key: value for key, value in usual.items() if value is not dataclasses.MISSING})
    return {key: value for key, value in config.plain(settings).items() if key not in known or known[key] != value}
