"""Reconstruction from the mean of the queries: estimate alpha, take the mixture apart around the mean brain.

Source: second moments; the linear estimate of least mean squared error (`bench.attacks.mixtures.equations`).
Threat model: T1; sees all queries of every release and owns scans of other people.

K mixtures of one release under one alpha differ by their references alone, so their spread tells 1 - alpha; one mixture
tells alpha by its distance to the mean brain. Then x = mu + w (mbar - mu), w = alpha / (alpha^2 + (1 - alpha)^2 / K).
The covariance of people cancels from w, so it is no setting; it sharpens alpha (`whiten`).
Scans that were mixed cube by cube are solved place by place.
A network that refines what this leaves is `unmix-net`.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attack import Attack
from bench.attacks.mixtures.alphas import shared_alpha
from bench.attacks.mixtures.equations import lmmse_weight
from bench.attacks.mixtures.people import People
from bench.attacks.mixtures.places import Place, Solved, solve_everywhere
from bench.types.claim import Reconstruction
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class TtaMean(Attack):
    """Average, estimate alpha, shrink towards the mean brain.

    Attributes:
        whiten: exponent in [0, 1] by which cosine coordinates are evened out before alpha is estimated; 0: coarse
            shape, in which people differ much and unequally, decides; 1: all coordinates alike.
    """

    name: ClassVar[str] = "tta-mean"
    summary: ClassVar[str] = "undo the mixing from the mean of all queries"
    source: ClassVar[str] = "best linear estimate; alpha from moments"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )

    whiten: float = 0.75

    def __post_init__(self) -> None:
        if not 0 <= self.whiten <= 1:
            raise ValueError(f"whiten must be in [0, 1], got {self.whiten}")

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        solved = solve_everywhere(view.auxiliary, view.releases, self.solve)
        return Reconstruction(images=solved.images.clamp(0, 1), details=solved.details)

    def solve(self, place: Place) -> Solved:
        """Every target at one place, from its own mixtures."""
        people = People.of(place.own, whiten=self.whiten)
        found = [from_mean(queries, people) for queries in place.queries]
        return Solved(torch.stack([image for image, _ in found]), {"alpha": [round(alpha, 4) for _, alpha in found]})


def from_mean(
    queries: Float[Tensor, "query 1 depth height width"], people: People
) -> tuple[Float[Tensor, "1 depth height width"], float]:
    """The target and its weight alpha."""
    alpha = shared_alpha(people.features(queries), people.variance, people.mean_error)
    w = lmmse_weight(alpha, len(queries))
    return people.mean + w * (queries.mean(dim=0) - people.mean), alpha
