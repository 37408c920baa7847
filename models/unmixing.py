"""The client's unmixing network D.

Source: Kim et al., "Mixup-Privacy", 2023, Sec. 3.3 and 4: "a small U-Net with four convolutional blocks" whose batch
norm is replaced by adaptive instance norm (Huang and Belongie, ICCV 2017) conditioned on the mixing weight.
Left open by the paper: where the four blocks stand and how alpha enters. Ours: three encoder blocks (two poolings),
whose outputs are brought to full size and fused by one decoder block; alpha goes through a small MLP to a scale and a
shift per channel in every norm layer. Means and variances are those of voxels where the mixture or a reference shows
anything: D learns from cubes of brain and is asked about whole volumes, and must not answer by how much air is in view.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.models.conditional import AdaptiveBlock
from bench.models.unetpp import pad_to_multiple


class UnmixingNet(nn.Module):
    """Target segmentation scores from the mixed prediction, the references' labels and the mixing weights.

    Args:
        classes: number of classes C; the input has (1 + references) C channels.
        widths: channels of the three encoder blocks, finest first.
        references: how many; the paper has one, and its weight follows from alpha.
    """

    def __init__(self, classes: int, widths: Sequence[int], references: int = 1) -> None:
        super().__init__()
        if len(widths) != 3:
            raise ValueError(f"widths must be 3 numbers (three encoder blocks), got {tuple(widths)}")
        before = ((1 + references) * classes, *widths)
        self.encoder = nn.ModuleList(AdaptiveBlock(before[i], widths[i], conditions=references) for i in range(3))
        self.decoder = AdaptiveBlock(sum(widths), widths[0], conditions=references)
        self.pool = nn.MaxPool3d(2)
        self.head = nn.Conv3d(widths[0], classes, kernel_size=1)
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # some 1.3 times faster on a CPU

    def forward(
        self,
        y_hat_mix: Float[Tensor, "batch classes depth height width"],
        y_ref: Float[Tensor, "batch known depth height width"],
        alpha: Float[Tensor, "batch *weight"],
    ) -> Float[Tensor, "batch classes depth height width"]:
        """Raw class scores of the target.

        With several references `y_ref` holds the maps of one after the other, and `alpha` one row of weights an item:
        the target's, then those of all references but the last.
        """
        size = y_hat_mix.shape[2:]
        x = pad_to_multiple(torch.cat([y_hat_mix, y_ref], dim=1), 4)
        shown = where = pad_to_multiple(shows_anything(y_hat_mix, y_ref), 4)
        levels: list[Tensor] = []
        for index, block in enumerate(self.encoder):
            if index > 0:
                x, where = self.pool(x), self.pool(where)
            x = block(x, alpha, where)
            levels.append(x)
        full = levels[0].shape[2:]
        fused = torch.cat([levels[0], *(F.interpolate(x, size=full, mode="trilinear") for x in levels[1:])], dim=1)
        scores: Tensor = self.head(self.decoder(fused, alpha, shown))
        return scores[:, :, : size[0], : size[1], : size[2]]


def shows_anything(
    y_hat_mix: Float[Tensor, "batch classes depth height width"],
    y_ref: Float[Tensor, "batch known depth height width"],
) -> Float[Tensor, "batch 1 depth height width"]:
    """1 where background (class 0) is not the mixture's likeliest class, or not every reference's label; else 0."""
    classes = y_hat_mix.shape[1]
    mixture = y_hat_mix.argmax(dim=1, keepdim=True) > 0
    references = (y_ref[:, ::classes] < 1).any(dim=1, keepdim=True)
    return (mixture | references).float()  # counted in single precision, whatever the maps come in
