"""Blocks whose features are scaled and shifted by a number, or a few: mixing weights, a noise level."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Features = Float[Tensor, "batch channel depth height width"]
Mask = Float[Tensor, "batch 1 depth height width"]
"""1 for a voxel that counts, 0 for one that does not."""


class AdaptiveInstanceNorm(nn.Module):
    """Instance norm whose scale and shift are functions of a number c: (1 + gamma(c)) h + beta(c).

    With `where` the mean and the variance are those of the voxels that it names, so that what lies around them, such as
    the air around a brain, of which a cube holds less than a volume, changes nothing.
    Source: Huang and Belongie, "Arbitrary style transfer in real-time with adaptive instance normalization", ICCV 2017.
    """

    def __init__(self, channels: int, hidden: int = 64, conditions: int = 1) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm3d(channels, affine=False)
        self.style = _style(channels, hidden, conditions)

    def forward(self, x: Features, condition: Float[Tensor, "batch *number"], where: Mask | None = None) -> Features:
        """Normalised and modulated features."""
        normed = self.norm(x) if where is None else _normed_by(x, where, self.norm.eps)
        if x.is_contiguous(memory_format=torch.channels_last_3d):
            # PyTorch's instance norm loses this layout, in which convolution is faster and interpolation by far.
            normed = normed.contiguous(memory_format=torch.channels_last_3d)
        return _modulated(normed, self.style(condition.reshape(len(condition), -1)))


class AdaptivePixelNorm(nn.Module):
    """Every voxel's features brought to unit mean square, then scaled and shifted by functions of a number.

    Unlike instance norm it does not look beyond the voxel: a patch and the whole volume around it get the same answer.
    Source of the norm: Karras et al., "Progressive growing of GANs", ICLR 2018, Sec. 4.2.
    """

    def __init__(self, channels: int, hidden: int = 64) -> None:
        super().__init__()
        self.style = _style(channels, hidden)

    def forward(
        self, x: Float[Tensor, "batch channel depth height width"], condition: Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch channel depth height width"]:
        """Normalised and modulated features."""
        size = x.square().mean(dim=1, keepdim=True)
        return _modulated(x * torch.rsqrt(size + 1e-4), self.style(condition[:, None]))


class Modulation(nn.Module):
    """Features scaled and shifted by functions of a number, as they are."""

    def __init__(self, channels: int, hidden: int = 64) -> None:
        super().__init__()
        self.style = _style(channels, hidden)

    def forward(
        self, x: Float[Tensor, "batch channel depth height width"], condition: Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch channel depth height width"]:
        """Modulated features."""
        return _modulated(x, self.style(condition[:, None]))


class AdaptiveBlock(nn.Module):
    """Two convolutions, each followed by a conditioned instance norm and a leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int, conditions: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv3d(before, out_channels, kernel_size=3, padding=1, bias=False)
            for before in (in_channels, out_channels)
        )
        self.norms = nn.ModuleList(AdaptiveInstanceNorm(out_channels, conditions=conditions) for _ in range(2))

    def forward(
        self,
        x: Float[Tensor, "batch in_channels depth height width"],
        condition: Float[Tensor, "batch *number"],
        where: Mask | None = None,
    ) -> Float[Tensor, "batch out_channels depth height width"]:
        """Features under this condition, normalised over the voxels in `where`."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x), condition, where), 0.1)
        return x


def _style(channels: int, hidden: int, conditions: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Linear(conditions, hidden), nn.LeakyReLU(0.1), nn.Linear(hidden, 2 * channels))


def _normed_by(x: Features, where: Mask, eps: float) -> Features:
    """Instance norm by the mean and variance of some voxels; of all, for an item that has none."""
    where = torch.where(where.any(dim=(2, 3, 4), keepdim=True), where, 1)
    share = where / where.sum(dim=(2, 3, 4), keepdim=True)
    mean = (share * x).sum(dim=(2, 3, 4), keepdim=True)
    variance = (share * (x - mean).square()).sum(dim=(2, 3, 4), keepdim=True)
    return (x - mean) * torch.rsqrt(variance + eps)


def _modulated(x: Tensor, style: Float[Tensor, "batch two_channel"]) -> Tensor:
    gamma, beta = style[:, :, None, None, None].chunk(2, dim=1)
    return (1 + gamma) * x + beta
