"""A plugin file with an attack that trains a network after each thing it looks at."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn

from bench import seeds
from bench.attack import Attack
from bench.types.claim import Linkage
from bench.types.threat import Goal, Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Phase, Schedule


class _Objective(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def forward(self, batch: Any, rng: torch.Generator) -> dict[str, Any]:
        return {"loss": ((self.weight - batch) ** 2).sum()}


class _Noise:
    def draw(self, generator: torch.Generator) -> Any:
        return torch.rand(3, generator=generator)


@dataclass(frozen=True, kw_only=True)
class Learner(Attack):
    """Trains `before`, then `own`, `informed` and `seen`."""

    name: ClassVar[str] = "learner"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.SEMI_INFORMED,
        observes=frozenset({Observes.RELEASE}),
        knows=frozenset({Knows.CLIENT_CODE}),
        owns=frozenset({Owns.AUXILIARY}),
    )

    def run(self, view: Any, trainer: Any) -> Any:
        weights = {"before": _train("before", trainer)}
        scan = view.auxiliary.scans[0]
        weights["own"] = _train("own", trainer)
        view.client(scan, seeds.generator("learner"))
        weights["informed"] = _train("informed", trainer)
        count = len(view.releases)
        weights["seen"] = _train("seen", trainer)
        return Linkage(torch.eye(count), weights)


def _train(name: str, trainer: Any) -> list[float]:
    objective = _Objective()
    trainer.fit(name, [Phase(name, objective, objective)], _Noise(), Schedule(iterations=3, learning_rate=0.1))
    return [round(value, 6) for value in objective.weight.tolist()]
