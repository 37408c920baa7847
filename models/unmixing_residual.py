"""A network that improves the best linear estimate of a mixture's target, and starts as that estimate.

Source: the estimate of `bench.attacks.mixtures.equations`, x = mu + w (mbar - mu) with w = a / (a^2 + n),
n = (1 - a)^2 / K; preconditioning so that input and target have unit variance (Karras et al., NeurIPS 2022); the
network is the lean U-Net of the separation prior, told where in the head it is.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from bench.models.bounded import held
from bench.models.score.anatomy import Anatomy, cut_at
from bench.models.score.noise import over_voxels
from bench.models.score.unet import DenoisingUNet

Volumes = Float[Tensor, "batch 1 depth height width"]
Numbers = Float[Tensor, " batch"]

KNOTS = 6
QUIETEST, LOUDEST = -4.0, 4.0
"""Range of ln(sqrt(n) / a), from a target that stands alone to one that drowns."""


class ResidualUnmixer(nn.Module):
    """E[target | mean and spread of the queries, alpha, place], in intensities.

    x = mu + w (mbar - mu) + gate sqrt(n / (a^2 + n)) spread F, where spread is how far people differ in each voxel.
    The gate is a function of ln(sqrt(n) / a) alone and 0 at first; whoever trains it on people that F never saw gets
    no worse than the linear estimate, but for their number.

    Args:
        anatomy: atlas, scale, spread.
        widths: channels per level of F, finest first.
    """

    def __init__(self, anatomy: Anatomy, widths: Sequence[int]) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.network = DenoisingUNet(3 + len(anatomy.location), 1, widths)
        self.gate = Gate()

    def forward(
        self, mean: Volumes, deviation: Volumes, alpha: Numbers, queries: int, starts: Int64[Tensor, "batch 3"] | None
    ) -> Volumes:
        """The target.

        Args:
            mean, deviation: of the queries, voxel by voxel, in intensities.
            alpha: the weight that all queries share, inside (0, 1).
            queries: K.
            starts: where in the volume each patch begins; None for whole volumes.
        """
        linear, correction = self.parts(mean, deviation, alpha, queries, starts)
        return linear + over_voxels(self.gate(drowned(alpha, queries))) * correction

    def parts(
        self, mean: Volumes, deviation: Volumes, alpha: Numbers, queries: int, starts: Int64[Tensor, "batch 3"] | None
    ) -> tuple[Volumes, Volumes]:
        """The linear estimate, and what F would add to it."""
        n = (1 - alpha) ** 2 / queries
        total = alpha**2 + n
        z = self.anatomy.residual(mean, starts)
        location = cut_at(self.anatomy.location, mean, starts).expand(len(mean), -1, -1, -1, -1)
        c_in = over_voxels(total.rsqrt())
        weights = over_voxels(alpha).expand_as(z)
        told = torch.cat([c_in * z, c_in * deviation / self.anatomy.scale, weights, location], dim=1)
        correction = self.network(told, drowned(alpha, queries) / 4)
        spread = cut_at(self.anatomy.spread, mean, starts) * self.anatomy.scale
        linear = self.anatomy.image(over_voxels(alpha / total) * z, starts)
        return linear, over_voxels((n / total).sqrt()) * spread * correction


class Gate(nn.Module):
    """A piecewise linear function of one number, in [0, 1]; 0 at first."""

    def __init__(self) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.zeros(KNOTS))

    def forward(self, x: Numbers) -> Numbers:
        """Interpolated between the knots, constant beyond them."""
        place = ((x - QUIETEST) / (LOUDEST - QUIETEST)).clamp(0, 1) * (KNOTS - 1)
        knots = torch.arange(KNOTS, device=x.device)
        value: Tensor = (1 - (place[:, None] - knots).abs()).clamp(min=0) @ self.heights
        return value

    @property
    def heights(self) -> Tensor:
        """At the knots."""
        return held(self.values, 0.0, 1.0)


def drowned(alpha: Numbers, queries: int) -> Numbers:
    """ln(sqrt(n) / a): how far the references are above the target."""
    return (1 - alpha).log() - alpha.log() - 0.5 * torch.log(torch.tensor(float(queries), device=alpha.device))
