"""The U-Net of Privacy-Net in 3D.

Source: Kim et al., "Privacy-Net", IEEE TMI 40(7), 2021 (two convolutions with batch norm and leaky ReLU a level,
pooling by 2, transposed convolutions of edge 3, skip connections by concatenation). Any depth and input size.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.models.unetpp import pad_to_multiple, plain_block


class UNet(nn.Module):
    """Raw scores for every voxel.

    Args:
        in_channels, out_channels: of the volumes.
        widths: channels per level, finest first; their number is the depth.
    """

    def __init__(self, in_channels: int, out_channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths must name at least 2 levels, got {tuple(widths)}")
        before = (in_channels, *widths[:-1])
        self.down = nn.ModuleList(plain_block(*pair) for pair in zip(before, widths, strict=True))
        steps = range(len(widths) - 1)
        self.ups = nn.ModuleList(
            nn.ConvTranspose3d(widths[i + 1], widths[i], kernel_size=3, stride=2, padding=1, output_padding=1)
            for i in steps
        )
        self.fuse = nn.ModuleList(plain_block(2 * widths[i], widths[i]) for i in steps)
        self.pool = nn.MaxPool3d(2)
        self.head = nn.Sequential(
            nn.Conv3d(widths[0], out_channels, kernel_size=3, padding=1), nn.BatchNorm3d(out_channels)
        )
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # faster on a CPU

    def forward(
        self, x: Float[Tensor, "batch in_channels depth height width"]
    ) -> Float[Tensor, "batch out_channels depth height width"]:
        """Raw scores."""
        size = x.shape[2:]
        x = pad_to_multiple(x, 2 ** len(self.ups))
        levels: list[Tensor] = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else self.pool(x))
            levels.append(x)
        for i in reversed(range(len(self.ups))):
            x = self.fuse[i](torch.cat([levels[i], self.ups[i](x)], dim=1))
        scores: Tensor = self.head(x)
        return scores[:, :, : size[0], : size[1], : size[2]]
