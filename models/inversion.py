"""A network from what was sent to what was meant, which starts as what was sent.

Source: inversion of an encoder by a network trained on its own inputs and outputs (Dosovitskiy and Brox, "Inverting
visual representations with convolutional networks", CVPR 2016); the network is the lean U-Net of the separation prior.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from bench.models.score.anatomy import Anatomy, cut_at
from bench.models.score.unet import DenoisingUNet

LOOKS = 3


class Inverter(nn.Module):
    """x = r + spread F(r, place), r the mean of a release's queries; F = 0 at first.

    Args:
        anatomy: atlas, scale, spread; says where in the head a voxel is, and how much it may have to be changed.
        widths: channels per level of F, finest first.
    """

    def __init__(self, anatomy: Anatomy, widths: Sequence[int]) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.network = DenoisingUNet(LOOKS + len(anatomy.location), 1, widths)

    def forward(
        self, looks: Float[Tensor, "batch 3 depth height width"], starts: Int64[Tensor, "batch 3"] | None = None
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """The image, in intensities.

        Args:
            looks: mean, mean magnitude and standard deviation of the queries.
            starts: where in the volume each patch begins; None for whole volumes.
        """
        atlas, scale = cut_at(self.anatomy.atlas, looks, starts), self.anatomy.scale
        location = cut_at(self.anatomy.location, looks, starts).expand(len(looks), -1, -1, -1, -1)
        residual = (looks - torch.cat([atlas, atlas, torch.zeros_like(atlas)], dim=1)) / scale
        told = torch.cat([residual.clamp(-10, 10), location], dim=1)
        # one number says how much the queries differ
        different = (looks[:, 2].mean(dim=(1, 2, 3)) / scale).clamp(max=10)
        spread = cut_at(self.anatomy.spread, looks, starts) * scale
        found: Tensor = looks[:, :1] + spread * self.network(told, different)
        return found
