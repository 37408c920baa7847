"""What `unmix-net` is trained on: mixtures of the attacker's own patches, as many as there are steps.

The loss is the squared error as a share of what the linear estimate leaves, so that every alpha counts alike. Squared,
not absolute with 1 - MS-SSIM: its minimum is the posterior mean, to which the linear estimate is known to be the
answer for Gaussian people, so that a test can hold the network to it; and MS-SSIM of patches knows no coarse scale.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.patches import Patches, PatchSampler
from bench.models.score.noise import over_voxels
from bench.models.unmixing_residual import ResidualUnmixer, drowned

NEAREST = 0.02
"""Alpha stays so far from 0 and 1."""
SLACK = 0.02
"""Added to the share that the linear estimate leaves: where nothing is left there is nothing to learn."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Patches of people who are mixed, the target first."""

    learn: Patches
    judge: Patches


@final
@dataclass(frozen=True, eq=False)
class GroupSampler:
    """Groups of people to learn from and of others to judge by."""

    learn: PatchSampler
    judge: PatchSampler

    def draw(self, generator: torch.Generator) -> Groups:
        """One batch of each."""
        return Groups(self.learn.draw(generator), self.judge.draw(generator))


@dataclass(frozen=True, eq=False)
class Mixed:
    """One batch of mixtures, as the attacker sees them, and what was mixed.

    Attributes:
        alpha: as estimated.
        left: share of a target's variance that the linear estimate leaves.
    """

    target: Float[Tensor, "batch 1 depth height width"]
    mean: Float[Tensor, "batch 1 depth height width"]
    deviation: Float[Tensor, "batch 1 depth height width"]
    alpha: Float[Tensor, " batch"]
    queries: int
    left: Float[Tensor, " batch"]


def mix(patches: Patches, alpha_error: float, rng: torch.Generator) -> Mixed:
    """K mixtures of every target under one alpha, for a K that is uniform in its logarithm.

    Alpha is uniform; with one mixture it is at least 1/2, as the estimate cannot tell it from 1 - alpha, and whoever
    weighs more is the target.

    Args:
        alpha_error: standard deviation of the estimate of alpha from one mixture; that from K falls with sqrt(K).
    """
    target, references = patches.images[:, 0], patches.images[:, 1:]
    batch, most = references.shape[:2]
    queries = int(most ** float(torch.rand((), generator=rng, device=rng.device)) + 0.5)
    uniform = torch.rand(batch, generator=rng, device=rng.device)
    alpha = ((1 + uniform) / 2 if queries == 1 else uniform).clamp(NEAREST, 1 - NEAREST)
    error = torch.randn(batch, generator=rng, device=rng.device) * alpha_error / queries**0.5
    a = over_voxels(alpha)[:, None]
    mixtures = a * target[:, None] + (1 - a) * references[:, :queries]
    n = (1 - alpha) ** 2 / queries
    return Mixed(
        target=target,
        mean=mixtures.mean(dim=1),
        deviation=mixtures.std(dim=1, correction=0),
        alpha=(alpha + error).clamp(NEAREST, 1 - NEAREST),
        queries=queries,
        left=n / (alpha**2 + n),
    )


class Unmixing(nn.Module):
    """The network's turn: what it would add, without the gate."""

    def __init__(self, unmixer: ResidualUnmixer, alpha_error: float) -> None:
        super().__init__()
        self.unmixer, self.alpha_error = unmixer, alpha_error

    def forward(self, groups: Groups, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        seen, starts = mix(groups.learn, self.alpha_error, rng), groups.learn.starts[:, 0]
        linear, correction = self.unmixer.parts(seen.mean, seen.deviation, seen.alpha, seen.queries, starts)
        return {"unmixing": share(linear + correction, seen, self.unmixer)}


class Admission(nn.Module):
    """The gate's turn: how much of the network's correction is good for people it never learnt from."""

    def __init__(self, unmixer: ResidualUnmixer, alpha_error: float) -> None:
        super().__init__()
        self.unmixer, self.alpha_error = unmixer, alpha_error

    def forward(self, groups: Groups, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        seen, starts = mix(groups.judge, self.alpha_error, rng), groups.judge.starts[:, 0]
        with torch.no_grad():
            linear, correction = self.unmixer.parts(seen.mean, seen.deviation, seen.alpha, seen.queries, starts)
        gate = over_voxels(self.unmixer.gate(drowned(seen.alpha, seen.queries)))
        return {"strangers": share(linear + gate * correction, seen, self.unmixer)}


def share(estimate: Tensor, seen: Mixed, unmixer: ResidualUnmixer) -> Float[Tensor, ""]:
    """Squared error in units of what people differ by, over the share that the linear estimate leaves."""
    error = ((estimate - seen.target) / unmixer.anatomy.scale).square().mean(dim=(1, 2, 3, 4))
    return (error / (seen.left + SLACK)).mean()
