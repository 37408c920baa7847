"""A lean U-Net for denoising: half resolution inside, told the noise level, blind to the size of what it is given."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.models.conditional import AdaptivePixelNorm, Modulation
from bench.models.unetpp import pad_to_multiple


class DenoisingUNet(nn.Module):
    """Residual U-Net on the volume's sub-volumes.

    Every block of 2 x 2 x 2 voxels becomes one voxel with eight times the channels (Zhang et al., "FFDNet", IEEE TIP
    2018), which makes a step some eight times cheaper: fine detail comes by the skip connection around the network.
    Noise, which differs in each of the eight, reaches the last layer past the narrow features, so that it can be
    subtracted. No norm looks beyond a voxel, so that what was learnt on patches holds on whole volumes. The last layer
    starts at 0.

    Args:
        in_channels, out_channels: of the volumes.
        widths: channels per level, finest (half resolution) first; their number is the depth.
        fold: edge of the blocks that become one voxel; 1 for none.
    """

    def __init__(self, in_channels: int, out_channels: int, widths: Sequence[int], fold: int = 2) -> None:
        super().__init__()
        if not widths or min(widths) < 1 or fold < 1:
            raise ValueError(f"widths must name at least 1 level and fold be >= 1, got {tuple(widths)} and {fold}")
        self.fold, self.depth = fold, len(widths)
        self.stem = nn.Conv3d(in_channels * fold**3, widths[0], kernel_size=3, padding=1)
        before = (widths[0], *widths[:-1])
        self.down = nn.ModuleList(_ResidualBlock(*pair) for pair in zip(before, widths, strict=True))
        self.up = nn.ModuleList(_ResidualBlock(widths[i + 1] + widths[i], widths[i]) for i in range(self.depth - 1))
        self.last = _ResidualBlock(widths[0], widths[0])
        self.past = Modulation(in_channels * fold**3)
        self.head = nn.Conv3d(widths[0] + in_channels * fold**3, out_channels * fold**3, kernel_size=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]  # it has one
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # faster on a CPU

    def forward(
        self, x: Float[Tensor, "batch in_channels depth height width"], condition: Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch out_channels depth height width"]:
        """The network's output for every voxel."""
        from monai.networks.utils import pixelshuffle, pixelunshuffle  # seconds, so not before it is needed

        size = x.shape[2:]
        x = pad_to_multiple(x, self.fold * 2 ** (self.depth - 1), mode="replicate")
        x = pixelunshuffle(x, 3, self.fold).contiguous(memory_format=torch.channels_last_3d)
        folded, x = x, self.stem(x)
        levels: list[Tensor] = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else F.avg_pool3d(x, 2), condition)
            levels.append(x)
        for i in reversed(range(self.depth - 1)):
            x = self.up[i](torch.cat([F.interpolate(x, scale_factor=2.0), levels[i]], dim=1), condition)
        features = torch.cat([self.last(x, condition), self.past(folded, condition)], dim=1)
        x = pixelshuffle(self.head(features), 3, self.fold)
        return x[:, :, : size[0], : size[1], : size[2]]


class _ResidualBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        channels = (in_channels, out_channels)
        self.norms = nn.ModuleList(AdaptivePixelNorm(before) for before in channels)
        self.convs = nn.ModuleList(nn.Conv3d(before, out_channels, kernel_size=3, padding=1) for before in channels)
        self.skip = (
            nn.Conv3d(in_channels, out_channels, kernel_size=1) if in_channels != out_channels else nn.Identity()
        )

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        h = x
        for norm, conv in zip(self.norms, self.convs, strict=True):
            h = conv(F.silu(norm(h, condition)))
        summed: Tensor = self.skip(x) + h
        return summed
