"""The defense's training code in the attacker's hands: shadow networks, trained on scans of the attacker's own.

What is secret in a defense is its keys and its trained networks; its code and settings are public, and a semi-informed
attacker (T2) runs them. The training draws from the attacker's seed axes, never from the hospital's. What comes out is
the attacker's: the server's network, and the client's code with the client network of the same training.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bench.data.roles import data_hash
from bench.defense import Defense
from bench.runner.attack.client_code import client_code
from bench.runner.attack.learning import Reach, Shelves
from bench.store import address
from bench.trainer.loop import FabricTrainer
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Cohort
from bench.types.training import History, Phase, Sampler, Schedule, Steps
from bench.view import Shadow


@dataclass(frozen=True, eq=False)
class PublicTraining:
    """`view.training`, see `bench.view.TrainingCode`.

    Attributes:
        trainer: of the attacker; every training gets a folder and seed axes of its own below it.
        references: how many the hospital's client holds.
    """

    defense: Defense[Any]
    trainer: FabricTrainer
    references: int

    @classmethod
    def of(
        cls, defense: Defense[Any], trainer: FabricTrainer, shelves: Shelves, *, references: int
    ) -> "PublicTraining":
        """Kept for every run against this defense, where there is such a shelf: no traffic enters a training."""
        shelf = shelves.get(Reach.DEFENSE)
        kept = trainer if shelf is None else replace(trainer, folder=shelf.folder, axes=shelf.axes)
        return cls(defense, kept, references)

    def __call__(self, scans: Cohort, run: str, effort: float) -> Shadow:
        """The defense after training on these scans, or found trained.

        Raises:
            ValueError: `effort` is no share.
            BenchError: the scans cannot serve this defense, for instance because they are too few.
        """
        if not 0 < effort <= 1:
            raise ValueError(f"effort must be in (0, 1], got {effort}")
        place = address({"run": run, "effort": effort, "scans": data_hash(scans)})
        axes = (*self.trainer.axes, "training", run)
        own = replace(self.trainer, folder=self.trainer.folder / "training" / place, axes=axes)
        with seeded_torch(*axes):
            networks = self.defense.fit(scans, _Shortened(own, effort))
        return Shadow(networks.server, client_code(self.defense, networks.client, self.references, self.trainer.device))


@dataclass(frozen=True, eq=False)
class _Shortened:
    """A trainer that stops at a share of every schedule's iterations."""

    whole: FabricTrainer
    effort: float

    @property
    def device(self) -> torch.device:
        return self.whole.device

    @property
    def folder(self) -> Path:
        return self.whole.folder

    @property
    def axes(self) -> tuple[str | int, ...]:
        return self.whole.axes

    def track(self, label: str, total: int) -> AbstractContextManager[Steps]:
        return self.whole.track(label, total)

    def fit(self, name: str, phases: Sequence[Phase], sampler: Sampler, schedule: Schedule) -> History:
        fewer = max(1, round(self.effort * schedule.iterations))
        return self.whole.fit(name, phases, sampler, replace(schedule, iterations=fewer))
