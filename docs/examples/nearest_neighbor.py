"""Linkage by nearest neighbour in an Lp norm.

Source: an example for docs/attack-plugin.md; the simplest attack there is.
Threat model: T0; sees the releases, uses the first query of each, knows nothing.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attack import Attack
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class NearestNeighbor(Attack):
    """Link each release to the closest other release.

    Attributes:
        power: p of the norm, > 0.
    """

    name: ClassVar[str] = "nearest-neighbor"
    summary: ClassVar[str] = "link releases by their Lp distance"
    source: ClassVar[str] = "docs/attack-plugin.md"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}), queries=1)

    power: float = 2.0

    def __post_init__(self) -> None:
        if not self.power > 0:
            raise ValueError(f"power must be > 0, got {self.power}")

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        """Minus the distance of every pair of releases."""
        released = torch.stack(view.first_queries())  # scan channel depth height width
        return Linkage(scores=-pairwise_distance(released.flatten(1), self.power))


def pairwise_distance(released: Float[Tensor, "scan voxel"], power: float) -> Float[Tensor, "scan scan"]:
    """Lp distance between all pairs."""
    return torch.cdist(released, released, p=power)
