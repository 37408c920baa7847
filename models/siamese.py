"""A network that tells whether two volumes show one person.

Source: Kim et al., "Privacy-Net", IEEE TMI 40(7), 2021: both volumes go through one network, the L2-normalised
embeddings stand side by side, and two fully connected layers give two logits. There the network is a 3D DenseNet-121.
Differs from the paper: the absolute difference of the embeddings stands beside them, and they are scaled to unit mean
square. On patches of the embedded cohort the small network with the two embeddings alone is at chance after 500 steps;
with the difference it is right about nine pairs of ten.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Volumes = Float[Tensor, "batch 1 depth height width"]


class Siamese(nn.Module):
    """Logits of (two people, one person).

    Args:
        embed: volumes -> "batch features".
        features: length of an embedding.
        hidden: width of the layer before the last.
    """

    def __init__(self, embed: nn.Module, features: int, hidden: int) -> None:
        super().__init__()
        self.embed = embed
        self.compare = nn.Sequential(nn.Linear(3 * features, hidden), nn.ReLU(), nn.Linear(hidden, 2))

    def forward(self, one: Volumes, other: Volumes) -> Float[Tensor, "batch 2"]:
        """Raw scores; the second is of one person."""
        a, b = (self._embedding(x) for x in (one, other))
        logits: Tensor = self.compare(torch.cat([a, b, (a - b).abs()], dim=1))
        return logits

    def _embedding(self, x: Volumes) -> Float[Tensor, "batch features"]:
        features = self.embed(x)
        embedding: Tensor = F.normalize(features, dim=1) * features.shape[1] ** 0.5
        return embedding


def small_siamese(widths: Sequence[int]) -> Siamese:
    """For patches and few steps: strided convolutions with group norm, averaged over space.

    Args:
        widths: channels after each convolution, multiples of 4; the last is the length of an embedding.
    """
    if not widths or any(width < 4 or width % 4 for width in widths):
        raise ValueError(f"widths must be multiples of 4, got {tuple(widths)}")
    layers: list[nn.Module] = []
    for before, width in zip((1, *widths), widths, strict=False):
        # Group norm: batch norm would tell a pair about the others in its batch, instance norm hide a tissue's level.
        layers += [nn.Conv3d(before, width, 3, stride=2, padding=1), nn.GroupNorm(4, width), nn.LeakyReLU(0.2)]
    embed = nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten())
    return Siamese(embed, widths[-1], 2 * widths[-1])


def densenet_siamese() -> Siamese:
    """The published one: DenseNet-121 to 1000 features, 4000 hidden units."""
    from monai.networks.nets import DenseNet121

    return Siamese(DenseNet121(spatial_dims=3, in_channels=1, out_channels=1000), 1000, 4000)
