"""A defense and attacks made for tests: every number they lead to can be worked out by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.attack import Attack
from bench.defense import Defense, Networks
from bench.models.segmentation_loss import one_hot
from bench.types.claim import Linkage
from bench.types.scan import Cohort, Scan
from bench.types.threat import Goal, Observes, ThreatModel, Tier
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import History, Trainer
from bench.view import AttackerView

CLASSES = 4


@final
@dataclass(frozen=True, kw_only=True)
class Shells(Defense[float]):
    """Sends the scan `queries` times; the answer to query k knows the first k + 1 classes, the rest is background.

    The key is a number that the recovered map leaves as it is; it is drawn and counted like any other key.
    """

    name: ClassVar[str] = "shells"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    family: ClassVar[str] = "shells"

    dial: ClassVar[str] = "queries"

    queries: int = CLASSES

    def dialled(self) -> Mapping[float, Defense[Any]]:
        return {float(queries): replace(self, queries=queries) for queries in (2, 4)}

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        return Networks(nn.Identity(), nn.Linear(2, 2), History())

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> float:
        return float(rng.random())

    def protect(self, image: Float[Tensor, "1 depth height width"], key: float, client: nn.Module) -> Release:
        return Release(image.expand(self.queries, *image.shape))

    def serve(self, release: Release, server: nn.Module) -> Reply:
        image = release.queries[0]
        classes = torch.bucketize(image[0], torch.tensor([0.1, 0.45, 0.75]))
        known = [torch.where(classes <= k, classes, 0) for k in range(self.queries)]
        return Reply(torch.cat([one_hot(labels[None].to(torch.uint8), CLASSES) for labels in known]))

    def recover(self, reply: Reply, key: float, client: nn.Module) -> Probabilities:
        return reply.maps[-1]


@final
@dataclass(frozen=True, kw_only=True)
class Doing(Attack):
    """Does what it is told with its view."""

    name: ClassVar[str] = "doing"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))

    deed: Callable[[AttackerView], Any]

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        claim: Linkage = self.deed(view)
        return claim
