"""U-Net++ in 3D.

Source: Zhou et al., "UNet++: A nested U-Net architecture for medical image segmentation", DLMIA 2018, Eq. (1).
Differs from MONAI's BasicUNetPlusPlus: any depth (that one is fixed at five levels and cannot take a 16^3 patch), any
input size (padded inside, cropped again), one output. Deep supervision is left out (the seed paper does not say).
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

_ACTIVATION = ("LeakyReLU", {"negative_slope": 0.1, "inplace": True})


class UNetPlusPlus(nn.Module):
    """Nested U-Net whose node (i, j) sees all earlier nodes of its level and the upsampled node (i + 1, j - 1).

    Args:
        in_channels: channels of the input volume.
        out_channels: channels of the output, which are raw scores (no softmax).
        widths: channels per level, finest first; their number is the depth.
        block: makes a node's block from its channels in and out; None for two convolutions with batch norm. A block
            may take further inputs, such as a noise level; every one gets those that `forward` got.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        widths: Sequence[int],
        block: Callable[[int, int], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"widths must name at least 2 levels, got {tuple(widths)}")
        block = block or plain_block
        self.depth = len(widths)
        self.blocks = nn.ModuleDict()
        self.ups = nn.ModuleDict()
        for i, width in enumerate(widths):
            before = in_channels if i == 0 else widths[i - 1]
            self.blocks[f"{i}_0"] = block(before, width)
        for j in range(1, self.depth):
            for i in range(self.depth - j):
                self.ups[f"{i}_{j}"] = nn.ConvTranspose3d(widths[i + 1], widths[i], kernel_size=2, stride=2)
                self.blocks[f"{i}_{j}"] = block(widths[i] * (j + 1), widths[i])
        self.pool = nn.MaxPool3d(2)
        self.head = nn.Conv3d(widths[0], out_channels, kernel_size=1)
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # some 1.3 times faster on a CPU

    def forward(
        self, x: Float[Tensor, "batch in_channels depth height width"], *conditions: Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch out_channels depth height width"]:
        """Raw scores for every voxel, under the conditions that the blocks take (none unless they were given)."""
        size = x.shape[2:]
        x = pad_to_multiple(x, 2 ** (self.depth - 1))
        nodes: dict[tuple[int, int], Tensor] = {}
        for i in range(self.depth):
            nodes[i, 0] = self.blocks[f"{i}_0"](x if i == 0 else self.pool(nodes[i - 1, 0]), *conditions)
        for j in range(1, self.depth):
            for i in range(self.depth - j):
                up = self.ups[f"{i}_{j}"](nodes[i + 1, j - 1])
                seen = torch.cat([*(nodes[i, k] for k in range(j)), up], dim=1)
                nodes[i, j] = self.blocks[f"{i}_{j}"](seen, *conditions)
        scores: Tensor = self.head(nodes[0, self.depth - 1])
        return scores[:, :, : size[0], : size[1], : size[2]]


def pad_to_multiple(
    x: Float[Tensor, "batch channel depth height width"], multiple: int, mode: str = "constant"
) -> Float[Tensor, "batch channel padded_depth padded_height padded_width"]:
    """Zeros (or what `torch.nn.functional.pad` has) after each axis, so that pooling never meets an odd size."""
    missing = [-side % multiple for side in x.shape[2:]]
    if not any(missing):
        return x
    return F.pad(x, (0, missing[2], 0, missing[1], 0, missing[0]), mode=mode)


def plain_block(in_channels: int, out_channels: int, norm: str = "batch") -> nn.Module:
    """Two convolutions with MONAI's norm of that name."""
    from monai.networks.nets.basic_unet import TwoConv  # seconds, so not before it is needed

    block: nn.Module = TwoConv(3, in_channels, out_channels, act=_ACTIVATION, norm=norm, bias=False)
    return block
