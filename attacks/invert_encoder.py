"""Reconstruction by a network from releases back to scans.

Source: inversion of an encoder by a network trained on pairs of its inputs and outputs (Dosovitskiy and Brox, CVPR
2016); against Privacy-Net (Kim et al., TMI 2021), whose encoder has no key, that is the natural attack.
Threat model: T2; sees all queries of every release, owns scans of other people, and runs the client's code on them
under fresh keys.

A U-Net learns, on releases of the attacker's own scans, what was sent. It starts as the linear estimate from the mean
of the release's queries, voxel by voxel, which leaves alone a release that is the scan, and it is told where in the
head it is. Where there is a key it learns the mean over keys: what the release says in spite of it. Squared error: its
minimum is the posterior mean.

Differs from the paper: volumes; it corrects the release instead of drawing the image anew; no adversarial or
perceptual loss, which make pictures look right, not be right.
Left out: releases on another grid than the scan's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.attacks.learned.bank import look
from bench.attacks.learned.semi_informed import SemiInformed
from bench.attacks.learned.windows import Pair, Windows
from bench.models.batching import Budget
from bench.models.inference import predict
from bench.models.inversion import Inverter
from bench.models.score.anatomy import Anatomy
from bench.plugin import require_at_least
from bench.trainer.seeding import seeded_torch
from bench.types.claim import Reconstruction
from bench.types.threat import Goal
from bench.types.training import Phase, Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class InvertEncoder(SemiInformed):
    """Learn the way back from own releases.

    Attributes:
        widths: channels per level of the U-Net, finest first.
        patch: edge of the training cubes in voxels.
        batch: cubes in a step.
    """

    name: ClassVar[str] = "invert-encoder"
    summary: ClassVar[str] = "undo the encoding with a network trained on own releases"
    source: ClassVar[str] = "after Dosovitskiy and Brox, CVPR 2016"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {"keys": 2, "widths": (16, 32), "patch": 16, "batch": 4, "iterations": 150, "learning_rate": 4e-3},
        "quick": {"keys": 3, "widths": (16, 32), "patch": 24, "batch": 6, "iterations": 1000, "learning_rate": 4e-3},
        "standard": {"widths": (32, 64, 128), "batch": 12, "iterations": 10_000, "learning_rate": 1e-3},
    }

    widths: tuple[int, ...] = (64, 128, 256)
    patch: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "widths", "patch")

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        own, seed = view.auxiliary, int(trainer.axes[0])
        with seeded_torch(seed, self.name, "initial weights"):
            inverter = Inverter(Anatomy.of(own.scans), self.widths)
        sampler = Windows(bank=self.bank(view, trainer), patch=self.patch, batch=self.batch, device=trainer.device)
        trainer.fit("inverter", [Phase("inverter", Inversion(inverter), inverter)], sampler, self.schedule)
        images = []
        for release in view.releases:
            looks = look(release, own.shape)[None].to(trainer.device)
            images.append(predict(inverter, looks, Budget(looks[0, 0].numel())).clamp(0, 1).cpu())
        return Reconstruction(images=torch.cat(images))


NAKED = 0.1
"""Queries that differ by this share of the average, or less, count alike."""


class Inversion(nn.Module):
    """E w ||x_hat - x||^2, in units of what people differ by: w = 1 / (d^2 + d0^2) for queries that differ by d.

    What a release leaves open goes as d^2. Without the weight the most hidden releases rule the sum, and nearly naked
    ones come out worse than they were. The minimum is the same: w depends on the release alone.
    """

    def __init__(self, inverter: Inverter) -> None:
        super().__init__()
        self.inverter = inverter

    def forward(self, pair: Pair, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        self.inverter.tell(pair.moments)
        error = (self.inverter(pair.looks, pair.starts) - pair.images) / self.inverter.anatomy.scale
        weight = 1 / (self.inverter.different(pair.looks, pair.starts).square() + NAKED**2)
        share = weight / weight.mean()  # of a batch: else the rate of learning would depend on the defense
        return {"inversion": (share * error.square().mean(dim=(1, 2, 3, 4))).mean()}
