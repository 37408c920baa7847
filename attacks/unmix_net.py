"""Reconstruction by a network that was trained to take mixtures apart.

Source: supervised source separation on mixtures made at will; the linear estimate that it starts from and is held to
is that of `bench.attacks.mixtures`.
Threat model: T1; sees all queries of every release and owns scans of other people, and mixes those.

Everybody's mean brain is known, so the network gets residuals from it: mean and standard deviation over the queries,
alpha (estimated as in `tta-mean`, with the error that the estimate has), atlas and place. It adds to the linear
estimate, x = mu + w (mbar - mu), in units of what that leaves. A gate, 0 at first and learnt on a third of the people
whom the network never learns from, says how much of it counts at which alpha: without training it is `tta-mean`, and
whoever has too few scans gets that back. Queries are pooled as a set: their mean is all that a linear estimate needs,
their spread tells where references differ.
Trained on own scans alone, so all defenses share it. Made-up people (smooth warps, mirror images) add to the real ones.

Differs from what one would do with much data: squared error instead of L1 and 1 - MS-SSIM (see
`bench.attacks.learned.unmixing`); no permutation of sources: with one mixture, whoever weighs more is the target.
Left out: own alphas for each query, cubes with alphas of their own, the server's reply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from bench.attack import Attack
from bench.attacks.learned.people import to_learn_and_to_judge, with_invented
from bench.attacks.learned.unmixing import Admission, GroupSampler, Unmixing
from bench.attacks.mixtures.people import People
from bench.attacks.separation.before import alpha_of_queries, averaged_channels
from bench.data.patches import PatchSampler
from bench.models.batching import Budget
from bench.models.inference import predict
from bench.models.score.anatomy import Anatomy
from bench.models.unmixing_residual import ResidualUnmixer
from bench.plugin import require_at_least
from bench.trainer.seeding import seeded_torch
from bench.types.claim import Reconstruction
from bench.types.scan import Cohort
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.training import Phase, Schedule, Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class UnmixNet(Attack):
    """Average, estimate alpha, shrink towards the mean brain, correct.

    Attributes:
        widths: channels per level of the U-Net, finest first.
        patch: edge of the training cubes in voxels.
        batch: mixtures in a step.
        iterations, learning_rate: training.
        most: mixtures of one target at most, in training.
        invented: made-up people beside every real one.
        judges: every n-th family, for this n, is kept out of training and decides how much weight the network gets.
        alpha_error: standard deviation of the error that alpha has in training, for one mixture.
    """

    name: ClassVar[str] = "unmix-net"
    summary: ClassVar[str] = "undo the mixing with a network trained on mixtures of own scans"
    source: ClassVar[str] = "Unveil; supervised separation on top of the best linear estimate"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {"widths": (16, 32), "patch": 16, "batch": 4, "iterations": 120, "learning_rate": 4e-3, "most": 5},
        "quick": {"widths": (16, 32), "patch": 24, "batch": 6, "iterations": 800, "learning_rate": 4e-3, "most": 8},
        "standard": {"widths": (32, 64, 128), "batch": 12, "iterations": 10_000, "learning_rate": 1e-3},
    }

    widths: tuple[int, ...] = (64, 128, 256)
    patch: int = 32
    batch: int = 16
    iterations: int = 100_000
    learning_rate: float = 5e-4
    most: int = 10
    invented: int = 3
    judges: int = 3
    alpha_error: float = 0.05

    def __post_init__(self) -> None:
        require_at_least(1, self, "widths", "patch", "batch", "most")
        require_at_least(2, self, "judges")
        require_at_least(0, self, "invented")
        _ = self.schedule
        if not 0 <= self.alpha_error < 0.5:
            raise ValueError(f"alpha_error must be in [0, 0.5), got {self.alpha_error}")

    @property
    def schedule(self) -> Schedule:
        """How long and how fast to train."""
        return Schedule(iterations=self.iterations, learning_rate=self.learning_rate)

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        own = view.auxiliary
        unmixer, people = self.learn(own, trainer), People.of(own)  # before the traffic is touched: kept for all
        images, alphas = [], []
        for release in view.releases:
            queries = averaged_channels(release.queries.float())
            alpha = alpha_of_queries(queries, people)
            images.append(unmixed(unmixer, queries.to(trainer.device), alpha).clamp(0, 1).cpu())
            alphas.append(round(alpha, 4))
        gate = [round(value, 3) for value in unmixer.gate.heights.tolist()]
        return Reconstruction(images=torch.cat(images), details={"alpha": alphas, "gate": gate})

    def learn(self, own: Cohort, trainer: Trainer) -> ResidualUnmixer:
        """The network, trained on mixtures of these scans."""
        seed = int(trainer.axes[0])
        learn, judge = to_learn_and_to_judge(own, self.judges)  # only real people judge
        with seeded_torch(seed, self.name, "initial weights"):  # judges must be strangers to the mean brain, too
            unmixer = ResidualUnmixer(Anatomy.of(learn.scans), self.widths)
        samplers = []
        for part in (with_invented(learn, self.invented, seed, self.name), judge):
            group = 1 + min(self.most, len({scan.family for scan in part}) - 1)
            edge = min(self.patch, *own.shape)
            samplers.append(PatchSampler.of(part, patch=edge, batch=self.batch, group=group, device=trainer.device))
        turns = [
            Phase("network", Unmixing(unmixer, self.alpha_error), unmixer.network),
            Phase("gate", Admission(unmixer, self.alpha_error), unmixer.gate),
        ]
        trainer.fit("unmixer", turns, GroupSampler(*samplers), self.schedule)
        unmixer.anatomy = Anatomy.of(own.scans).to(trainer.device)
        return unmixer


def unmixed(unmixer: ResidualUnmixer, queries: Tensor, alpha: float) -> Tensor:
    """The target of one release, `1 1 depth height width`."""
    mean = queries.mean(dim=0, keepdim=True)
    deviation = queries.std(dim=0, correction=0, keepdim=True)
    weight = torch.full((1,), alpha, device=queries.device)

    def ask(x: Tensor) -> Tensor:
        found: Tensor = unmixer(x[:, :1], x[:, 1:], weight.expand(len(x)), len(queries), None)
        return found

    whole: Tensor = predict(ask, torch.cat([mean, deviation], dim=1), Budget(mean.numel()))
    return whole
