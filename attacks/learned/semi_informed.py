"""What attacks share that learn from the defense's own releases of the attacker's scans."""

from dataclasses import dataclass
from typing import ClassVar

from bench.attack import Attack
from bench.attacks.learned.bank import Bank
from bench.plugin import require_at_least
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Schedule, Trainer
from bench.view import AttackerView


@dataclass(frozen=True, kw_only=True)
class SemiInformed(Attack):
    """Sees all queries of every release, owns scans of others, and runs the client's code on them under fresh keys.

    Attributes:
        keys: releases of every own scan, under fresh keys.
        invented: made-up people beside every real one.
        batch: how much a training step sees, in units of the attack's own.
        iterations, learning_rate: training.
    """

    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.SEMI_INFORMED,
        observes=frozenset({Observes.RELEASE}),
        knows=frozenset({Knows.CLIENT_CODE}),
        owns=frozenset({Owns.AUXILIARY}),
    )

    keys: int = 4
    invented: int = 1
    batch: int = 16
    iterations: int = 100_000
    learning_rate: float = 5e-4

    def __post_init__(self) -> None:
        require_at_least(1, self, "keys", "batch")
        require_at_least(0, self, "invented")
        _ = self.schedule

    def bank(self, view: AttackerView, trainer: Trainer) -> Bank:
        """Own scans beside their releases, seeded by this attack."""
        axes = (int(trainer.axes[0]), self.name)
        return Bank(own=view.auxiliary, client=view.client, keys=self.keys, invented=self.invented, axes=axes)

    @property
    def schedule(self) -> Schedule:
        """How long and how fast to train."""
        return Schedule(iterations=self.iterations, learning_rate=self.learning_rate)
