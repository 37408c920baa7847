"""A network that tells from a warped scan how to warp it back, and starts by leaving it alone.

Source: registration by a network that emits a stationary velocity field (Dalca et al., "Unsupervised learning of
probabilistic diffeomorphic registration", Medical Image Analysis 57, 2019), on the forces of Thirion's demons (Medical
Image Analysis 2(3), 1998): to first order they are the displacement to the atlas, so that few scans suffice.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.models.diffeomorphism import exponential, in_lattice_units, on_voxels, warp, warp_sharply
from bench.models.score.anatomy import Anatomy

Volumes = Float[Tensor, "batch 1 depth height width"]
Field = Float[Tensor, "batch 3 depth height width"]

SIDE = 32
"""The network looks at a copy whose longest side is about so many voxels."""
STRIDE = 4
"""Voxels of that copy from one node of the velocity's lattice to the next."""
STEEPNESS = 0.05
"""Gradient of the atlas, in intensities a voxel, below which a difference says little about a displacement."""


class Unwarper(nn.Module):
    """The displacement that undoes a smooth warp, as far as the release alone tells.

    Args:
        anatomy: of the scans before they were warped.
        widths: channels; the first two convolutions halve the copy, so that the velocity lies on a lattice of about
            8 nodes an axis.
        bound: largest displacement along an axis, in voxels.
    """

    def __init__(self, anatomy: Anatomy, widths: Sequence[int], bound: float) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths must name at least 2 convolutions, got {tuple(widths)}")
        if bound <= 0:
            raise ValueError(f"bound must be > 0, got {bound}")
        self.anatomy, self.bound = anatomy, bound
        layers: list[nn.Module] = []
        for i, (before, width) in enumerate(zip((4 + len(anatomy.location), *widths), widths, strict=False)):
            layers += [
                nn.Conv3d(before, width, 3, stride=2 if i < 2 else 1, padding=1),
                nn.GroupNorm(1, width),
                nn.LeakyReLU(0.2),
            ]
        self.features = nn.Sequential(*layers)
        self.head = nn.Conv3d(widths[-1], 3, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]  # it has one

    def velocity(self, x: Volumes) -> Float[Tensor, "batch 3 a b c"]:
        """On a lattice that spans the volume corner to corner, in voxels."""
        atlas = self.anatomy.atlas[None]
        small, mean = (coarse(volume) for volume in (x, atlas))
        told = torch.cat(
            [
                (small - mean) / self.anatomy.scale,
                demons_forces(small, mean),
                coarse(self.anatomy.location[None]).expand(len(x), -1, -1, -1, -1),
            ],
            dim=1,
        )
        return self.bound * torch.tanh(self.head(self.features(told)))

    def displacement(self, x: Volumes) -> Field:
        """Where to read, in voxels."""
        shape = x.shape[2:]
        starts = torch.zeros(len(x), 3, dtype=torch.long, device=x.device)
        return on_voxels(exponential(in_lattice_units(self.velocity(x), shape)), shape, starts, shape)

    def forward(self, x: Volumes) -> Volumes:
        """Volumes warped back, trilinear."""
        return warp(x, self.displacement(x))

    def sharply(self, x: Volumes) -> Volumes:
        """Volumes warped back by cubic splines."""
        return warp_sharply(x, self.displacement(x))


def coarse(volumes: Float[Tensor, "batch channel depth height width"]) -> Float[Tensor, "batch channel _ _ _"]:
    """Means over cubes, so that the longest side is about `SIDE`, on a grid from corner to corner.

    Every side is a multiple of `STRIDE` and 1: then the nodes of a convolution with that stride look at the places
    where a lattice that spans the volume corner to corner has its nodes.
    """
    factor = max(1, round(max(volumes.shape[2:]) / SIDE))
    means = F.avg_pool3d(volumes, factor, ceil_mode=True)
    sides = [STRIDE * max(1, round((side - 1) / STRIDE)) + 1 for side in means.shape[2:]]
    return F.interpolate(means, size=sides, mode="trilinear", align_corners=True)


def demons_forces(x: Volumes, atlas: Float[Tensor, "1 1 depth height width"]) -> Field:
    """Displacement, in voxels, that reads the atlas out of x to first order: (atlas - x) grad / (|grad|^2 + s^2)."""
    gradient = torch.stack(torch.gradient(atlas[0, 0]))[None]
    steep = gradient.square().sum(dim=1, keepdim=True) + STEEPNESS**2
    return ((atlas - x) * gradient / steep).clamp(-5, 5)
