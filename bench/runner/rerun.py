"""The request that makes a record again, out of the record and never out of its command: a record is untrusted text."""

import json
from pathlib import Path

from bench.errors import BenchError
from bench.plugin import ReadsFiles
from bench.records.schema import Record
from bench.registry import Registry
from bench.runner.cell import Request

LONGEST_ATTACK = 86_400.0
"""Seconds that a stranger's attack gets, in a process of its own that holds nothing of ours."""


def request_of(
    record: Record, registry: Registry, *, root: Path | None, plugins: tuple[Path, ...], device: str, out: Path
) -> Request:
    """Ask for the same defense, attack, data, preset, seed and settings.

    Raises:
        BenchError: a plugin is not installed here, or one of them reads files, of which a record holds the hash alone.
    """
    asked = {
        "defense": ("defenses", record.defense.name, record.defense.settings),
        "attack": ("attacks", record.attack.name, record.attack.settings),
        "data": ("datasets", record.data.name, record.data.settings),
    }
    assignments = [f"evaluation.{key}={json.dumps(value)}" for key, value in record.settings.items()]
    for component, (kind, name, settings) in asked.items():
        plugin = registry.find(kind, name).load()
        if issubclass(plugin, ReadsFiles):
            raise BenchError(
                f"{name} reads files that the record does not hold; run its command with your copy of them"
            )
        assignments += [f"{component}.{key}={json.dumps(value)}" for key, value in settings.items()]
    return Request(
        defense=record.defense.name,
        attack=record.attack.name,
        data=record.data.name,
        root=root,
        preset=record.preset,
        seed=record.seed,
        assignments=tuple(assignments),
        plugins=plugins,
        device=device,
        out=out,
        isolate=True,
        attack_timeout=LONGEST_ATTACK,
        command=f"bench leaderboard verify, cell {record.cell[:64]}",
    )
