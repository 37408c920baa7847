"""What an attack's own process is told unasked, before it begins."""

import dataclasses
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.attack import Attack
from bench.defense import Defense
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.learning import Shelves
from bench.runner.attack.places import Hashed
from bench.trainer.loop import FabricTrainer
from bench.view import AttackerView

_SEQUENCES = {"releases", "replies", "training_labels", "keys"}


@dataclass(frozen=True, kw_only=True)
class Order:
    """Names, numbers and folders; no scan, no key, no network of the suite's.

    Attributes:
        attack: its registered name.
        settings: its fields.
        plugins: files that define plugins.
        granted: fields of the view that its card grants; it asks for their values.
        sequences: how many items those of them have that are sequences.
        public: classes, mm of a voxel and what is wanted, as every attacker knows them.
        axes: the seed of everything random in it.
        device: torch's name.
        precision: Lightning Fabric's name.
        folder: of its trainer's checkpoints.
        shelves: folders of networks that attacks share.
        checkpoint_seconds: between two checkpoints.
        quiet: no progress bars.
        threads: of the processor.
        defense: pickled code and settings of the defense, and how many references its client holds, where the card
            grants running its training; to be unpickled when the plugins are loaded.
        places: the folders that it may not touch, by hashes: it must not learn where they are.
        suite: the process that asked for it; its end is the attack's end.
    """

    attack: str
    settings: Mapping[str, Any]
    plugins: tuple[Path, ...]
    granted: frozenset[str]
    sequences: Mapping[str, int]
    public: tuple[tuple[str, ...], float, tuple[int, ...]]
    axes: tuple[str | int, ...]
    device: str
    precision: str
    folder: Path
    shelves: Shelves
    checkpoint_seconds: float
    quiet: bool
    threads: int
    defense: bytes | None
    places: Hashed
    suite: int


def order_for(
    attack: Attack,
    view: AttackerView,
    trainer: FabricTrainer,
    axes: tuple[str | int, ...],
    held: Confinement,
    shelves: Shelves,
    public: tuple[Defense[Any], int] | None,
) -> Order:
    """The order that gives a process of its own what the same attack would find in this one.

    Args:
        public: the defense's code and settings, and how many references its client holds, where the card grants running
            its training; without networks and keys.
    """
    return Order(
        attack=attack.name,
        settings={field.name: getattr(attack, field.name) for field in dataclasses.fields(attack)},  # type: ignore[arg-type]
        plugins=held.plugins,
        granted=attack.threat.grants,
        sequences={name: len(getattr(view, name)) for name in attack.threat.grants & _SEQUENCES},
        public=(view.classes, view.spacing_mm, view.wanted),
        axes=axes,
        device=str(trainer.device),
        precision=held.precision,
        folder=trainer.folder,
        shelves=dict(shelves),
        checkpoint_seconds=trainer.checkpoint_seconds,
        quiet=trainer.display.console.quiet,
        threads=torch.get_num_threads(),
        defense=None if public is None else pickle.dumps(public),
        places=Hashed.of(held.places),
        suite=os.getpid(),
    )
