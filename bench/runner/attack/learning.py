"""Where what an attack trains is kept: that follows from what it had looked at before.

A network that was trained before anything but the attacker's own scans was touched cannot depend on the defense, so all
defenses share it; one trained before any traffic was touched serves every run against the same defense. Nobody has to
say so, and nobody can say so wrongly.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import torch

from bench.trainer.loop import FabricTrainer
from bench.types.threat import Knows, Owns
from bench.types.training import History, Phase, Sampler, Schedule, Steps


class Reach(StrEnum):
    """The most revealing thing that was looked at."""

    OWN_DATA = "own data"
    DEFENSE = "defense"
    TRAFFIC = "traffic"


_REACHES: Mapping[str, Reach] = {
    Owns.AUXILIARY.value: Reach.OWN_DATA,
    Knows.CLIENT_CODE.value: Reach.DEFENSE,
    Knows.TRAINING_CODE.value: Reach.DEFENSE,
    Knows.SERVER_WEIGHTS.value: Reach.DEFENSE,
    Knows.REFERENCE_POOL.value: Reach.DEFENSE,
}
"""Whatever is not named here counts as traffic."""


def reach_of(looked: set[str]) -> Reach:
    """How far the touched fields of a view reach."""
    found = {_REACHES.get(name, Reach.TRAFFIC) for name in looked}
    return next((reach for reach in (Reach.TRAFFIC, Reach.DEFENSE) if reach in found), Reach.OWN_DATA)


@dataclass(frozen=True)
class Shelf:
    """A place for trained networks.

    Attributes:
        folder: content-addressed by the caller.
        axes: seed axes of what is trained there.
    """

    folder: Path
    axes: tuple[str | int, ...]


Shelves = Mapping[Reach, Shelf]
"""What is not on it belongs to one run."""


class AttackTrainer:
    """The shared trainer, as an attack gets it; see `bench.types.training.Trainer`."""

    def __init__(self, of_this_run: FabricTrainer, shelves: Shelves, looked: set[str]) -> None:
        self._of_this_run, self._shelves, self._looked = of_this_run, shelves, looked

    @property
    def device(self) -> torch.device:
        """Where networks and batches live."""
        return self._of_this_run.device

    @property
    def folder(self) -> Path:
        """For whatever else the attack wants to keep of this run."""
        return self._of_this_run.folder

    @property
    def axes(self) -> tuple[str | int, ...]:
        """The seed axes of this run."""
        return self._of_this_run.axes

    def track(self, label: str, total: int) -> AbstractContextManager[Steps]:
        """Show the progress of something that is no training."""
        return self._of_this_run.track(label, total)

    def fit(self, name: str, phases: Sequence[Phase], sampler: Sampler, schedule: Schedule) -> History:
        """Train in place, or find it trained."""
        shelf = self._shelves.get(reach_of(self._looked))
        trainer = self._of_this_run
        if shelf is not None:
            trainer = replace(trainer, folder=shelf.folder, axes=shelf.axes)
        return trainer.fit(name, phases, sampler, schedule)


def folders(trainer: FabricTrainer, shelves: Shelves) -> tuple[Path, ...]:
    """Every folder in which a run may keep what it trains."""
    return (trainer.folder, *(shelf.folder for shelf in shelves.values()))
