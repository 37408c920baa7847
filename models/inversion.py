"""A network from what was sent to what was meant, which starts as the best linear estimate.

Source: inversion of an encoder by a network trained on its own inputs and outputs (Dosovitskiy and Brox, "Inverting
visual representations with convolutional networks", CVPR 2016); the network is the lean U-Net of the separation prior.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from bench.models.score.anatomy import Anatomy, cut_at
from bench.models.score.unet import DenoisingUNet

LOOKS = 3
EVEN = 1e-4
"""Queries that differ by less than this share of what people differ by, as rounding makes them, do not differ."""


@dataclass(frozen=True, eq=False)
class Moments:
    """What own releases and scans have in common.

    Attributes:
        look_scale: standard deviation of each look around its mean.
        gain: slope of the scan on the mean of the queries around each voxel.
    """

    image_mean: Float[Tensor, "1 depth height width"]
    look_mean: Float[Tensor, "3 depth height width"]
    look_scale: Float[Tensor, "3 1 1 1"]
    gain: Float[Tensor, "1 depth height width"]


class Inverter(nn.Module):
    """x = m + a(d) g (r - rbar) + spread F(r, place, d): r the mean of a release's queries; a = 1 and F = 0 at first.

    m and rbar are the mean own scan and release, g is the slope of one on the other around each voxel. Until they are
    told, x = r; a release that is the scan keeps m = rbar and g = 1. d says how much a release's queries differ, as a
    ratio to how much those of other releases do at the same voxels: where they are mixed with references, that tells
    how much of the scan is in them, and it is the same for a patch and for the volume around it.

    Args:
        anatomy: atlas, scale, spread; says where in the head a voxel is, and how much it may have to be changed.
        widths: channels per level of F, finest first.
    """

    image_mean: Tensor
    look_mean: Tensor
    look_scale: Tensor
    gain: Tensor

    def __init__(self, anatomy: Anatomy, widths: Sequence[int]) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.network = DenoisingUNet(LOOKS + len(anatomy.location), 1, widths)
        louder = nn.Linear(16, 1)
        nn.init.zeros_(louder.weight)
        nn.init.zeros_(louder.bias)
        self.louder = nn.Sequential(nn.Linear(1, 16), nn.SiLU(), louder)
        empty = torch.zeros_like(anatomy.atlas)
        self.register_buffer("image_mean", empty.clone())
        self.register_buffer("look_mean", empty.repeat(LOOKS, 1, 1, 1))
        self.register_buffer("look_scale", torch.ones(LOOKS, 1, 1, 1))
        self.register_buffer("gain", torch.ones_like(empty))

    def tell(self, moments: Moments) -> None:
        """Keep the moments of what it is trained on, as batch norm does."""
        self.image_mean.copy_(moments.image_mean)
        self.look_mean.copy_(moments.look_mean)
        self.look_scale.copy_(moments.look_scale)
        self.gain.copy_(moments.gain)

    def forward(
        self, looks: Float[Tensor, "batch 3 depth height width"], starts: Int64[Tensor, "batch 3"] | None = None
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """The image, in intensities.

        Args:
            looks: mean, mean magnitude and standard deviation of the queries.
            starts: where in the volume each patch begins; None for whole volumes.
        """
        location = cut_at(self.anatomy.location, looks, starts).expand(len(looks), -1, -1, -1, -1)
        mean = cut_at(self.look_mean, looks, starts)
        off = looks - mean
        told = torch.cat([(off / self.look_scale).clamp(-10, 10), location], dim=1)
        different = self.different(looks, starts)
        gain = cut_at(self.gain, looks, starts) * (1 + self.louder(different[:, None]))[..., None, None, None]
        linear = cut_at(self.image_mean, looks, starts) + gain * off[:, :1]
        spread = cut_at(self.anatomy.spread, looks, starts) * self.anatomy.scale
        found: Tensor = linear + spread * self.network(told, different)
        return found

    def different(
        self, looks: Float[Tensor, "batch 3 depth height width"], starts: Int64[Tensor, "batch 3"] | None = None
    ) -> Float[Tensor, " batch"]:
        """How much the queries differ, 1 as much as those of other releases do on average; at most 10."""
        mean = cut_at(self.look_mean, looks, starts)
        ratio: Tensor = _mean(looks[:, 2]) / (_mean(mean[:, 2]) + EVEN * self.anatomy.scale)
        return ratio.clamp(max=10)


def _mean(volumes: Float[Tensor, "batch depth height width"]) -> Float[Tensor, " batch"]:
    return volumes.mean(dim=(1, 2, 3))


def moments_of(looks: Float[Tensor, "release 3 d h w"], images: Float[Tensor, "release 1 d h w"]) -> Moments:
    """Means, scales and slopes; covariances are averaged over a Gaussian of 1.5 voxels, as releases are few.

    Where releases do not vary the slope is 1.
    """
    from monai.networks.layers.simplelayers import GaussianFilter

    image_mean, look_mean = images.mean(dim=0), looks.mean(dim=0)
    off, true = looks - look_mean, images - image_mean
    smooth = GaussianFilter(3, 1.5)
    covariance = smooth((off[:, :1] * true).mean(dim=0)[None])[0]
    variance = smooth(off[:, :1].square().mean(dim=0)[None])[0]
    ridge = 1e-3 * variance.mean() + 1e-12
    scale = off.square().mean(dim=(0, 2, 3, 4)).sqrt().clamp(min=1e-6)[:, None, None, None]
    return Moments(image_mean, look_mean, scale, (covariance + ridge) / (variance + ridge))
