"""Noise-conditional score networks with the U-Net++ as backbone.

Source: Song and Ermon, "Generative modeling by estimating gradients of the data distribution", NeurIPS 2019 (NCSN), and
"Improved techniques for training score-based generative models", NeurIPS 2020 (NCSNv2). The U-Net++ in place of their
RefineNet: Kim et al., "Mixup-Privacy", 2023, Sec. 4.1.
Differs from NCSN: the noise level enters the norms as ln(sigma) through a small MLP rather than as an index into a
table, so that any level can be asked; and the network's output is divided by sigma, as in NCSNv2, because scores at
neighbouring ends of the schedule differ by a factor of 100.
Left open by the seed paper: how the noise enters its U-Net++; ours is `NCSN`. Both take intensities in [0, 1].
"""

from collections.abc import Sequence
from functools import partial

from jaxtyping import Float
from torch import Tensor, nn

from bench.models.conditional import AdaptiveBlock
from bench.models.score.noise import noise_input, over_voxels, per_item
from bench.models.unetpp import UNetPlusPlus, plain_block


class NCSN(nn.Module):
    """s(x, sigma) = f(x, sigma) / sigma, where sigma scales and shifts the features after every instance norm.

    Args:
        widths: channels per level of the U-Net++, finest first.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.backbone = UNetPlusPlus(1, 1, widths, block=AdaptiveBlock)

    def forward(
        self, x: Float[Tensor, "batch 1 depth height width"], sigma: float | Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """The gradient of ln p_sigma at x, where p_sigma is the law of an image plus noise of sd sigma."""
        level = per_item(sigma, x)
        score: Tensor = self.backbone(x, noise_input(level)) / over_voxels(level)
        return score


class NCSNv2(nn.Module):
    """s(x, sigma) = f(x) / sigma: the network itself is not told the noise level and must see it (NCSNv2, Sec. 3.2).

    Args:
        widths: channels per level of the U-Net++, finest first.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.backbone = UNetPlusPlus(1, 1, widths, block=partial(plain_block, norm="instance"))

    def forward(
        self, x: Float[Tensor, "batch 1 depth height width"], sigma: float | Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """The gradient of ln p_sigma at x, where p_sigma is the law of an image plus noise of sd sigma."""
        score: Tensor = self.backbone(x) / over_voxels(per_item(sigma, x))
        return score
