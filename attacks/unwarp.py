"""Reconstruction of scans that were sent under a smooth warp.

Source: learned registration (Dalca et al., Medical Image Analysis 57, 2019; Thirion 1998 for the forces); the defense
that it is made for is Deformation-Proxy (Kim et al., BMVC 2021).
Threat model: T2; sees every release, owns scans of other people, and runs the client's code on them under fresh keys.

Registration of a release to an atlas would take the warp out, and with it what tells people apart: both are
smooth fields (docs/methods.md has the comparison). But the attacker can make pairs of scan and release, and so learn
how a warp differs from anatomy: a network gets the release, the atlas and the demons forces between them, and emits a
velocity field on a coarse lattice whose exponential warps the release back onto the scan. Its squared error is least at
the mean of all warps that the release allows; what it cannot know it leaves. It starts by leaving the release alone.
Key search, which a generator that does not see the image would allow, needs the generator with the key as an input;
the client's code as it is granted draws its own keys.

Differs from the papers: supervised by the unwarped scan, not by similarity to an atlas.
Left out: releases of several queries that are warped differently (they are averaged).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.attacks.learned.bank import look
from bench.attacks.learned.semi_informed import SemiInformed
from bench.attacks.learned.windows import Pair, Windows
from bench.models.score.anatomy import Anatomy
from bench.models.unwarping import Unwarper
from bench.plugin import require_at_least
from bench.trainer.seeding import seeded_torch
from bench.types.claim import Reconstruction
from bench.types.threat import Goal
from bench.types.training import Phase, Trainer
from bench.view import AttackerView

REFERENCE_SIDE = 144
"""`bound` is in voxels of a volume whose shortest side has so many."""


@final
@dataclass(frozen=True, kw_only=True)
class Unwarp(SemiInformed):
    """Learn to warp back from own releases.

    Attributes:
        bound: largest displacement along an axis, in voxels at a shortest side of 144; scales with the grid.
        widths: channels of the convolutions; the first two halve the volume.
        batch: volumes in a step.
    """

    name: ClassVar[str] = "unwarp"
    summary: ClassVar[str] = "undo a smooth warp with a registration network trained on own releases"
    source: ClassVar[str] = "after Dalca et al., Medical Image Analysis 57, 2019"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {"keys": 4, "widths": (16, 32, 32), "batch": 4, "iterations": 200, "learning_rate": 3e-3},
        "quick": {"keys": 6, "widths": (16, 32, 32), "batch": 4, "iterations": 600, "learning_rate": 3e-3},
        "standard": {"keys": 12, "widths": (32, 64, 64), "batch": 8, "iterations": 5000, "learning_rate": 1e-3},
    }

    keys: int = 24
    bound: float = 12.0
    widths: tuple[int, ...] = (32, 64, 64, 64)
    batch: int = 8
    iterations: int = 50_000

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "widths")
        if not self.bound > 0:
            raise ValueError(f"bound must be > 0, got {self.bound:g}")

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        own, seed = view.auxiliary, int(trainer.axes[0])
        with seeded_torch(seed, self.name, "initial weights"):
            unwarper = Unwarper(Anatomy.of(own.scans), self.widths, self.bound * min(own.shape) / REFERENCE_SIDE)
        sampler = Windows(bank=self.bank(view, trainer), patch=None, batch=self.batch, device=trainer.device)
        trainer.fit("unwarper", [Phase("unwarper", Unwarping(unwarper), unwarper)], sampler, self.schedule)
        images, moved = [], []
        for release in view.releases:
            mean = look(release, own.shape)[None, :1].to(trainer.device)
            with torch.inference_mode():
                displacement = unwarper.displacement(mean)
                images.append(unwarper.sharply(mean).clamp(0, 1).cpu())
            moved.append(float(displacement.abs().max()))
        return Reconstruction(images=torch.cat(images), details={"moved by at most (voxels)": round(max(moved), 2)})


class Unwarping(nn.Module):
    """E ||phi.r - x||^2 over cubes of 3 voxels: finer, it would punish the blur of interpolation."""

    def __init__(self, unwarper: Unwarper) -> None:
        super().__init__()
        self.unwarper = unwarper

    def forward(self, pair: Pair, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        error = F.avg_pool3d(self.unwarper(pair.looks[:, :1]) - pair.images, 3, stride=1)
        return {"unwarping": (error / self.unwarper.anatomy.scale).square().mean()}
