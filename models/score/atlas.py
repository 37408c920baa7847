"""A denoiser that knows where it is: EDM on the residual from the atlas."""

from collections.abc import Sequence

from jaxtyping import Float, Int64
from torch import Tensor, nn

from bench.models.score.anatomy import Anatomy, cut_at
from bench.models.score.edm import EDMDenoiser
from bench.models.score.unet import DenoisingUNet


class AtlasDenoiser(nn.Module):
    """E[residual | noisy residual, sigma, place]; whole volumes and patches alike.

    Args:
        anatomy: atlas, scale and spread; `anatomy.residual` and `anatomy.image` translate.
        widths: channels per level of the network, finest first.
    """

    def __init__(self, anatomy: Anatomy, widths: Sequence[int]) -> None:
        super().__init__()
        self.anatomy = anatomy
        self.denoiser = EDMDenoiser(DenoisingUNet(1 + len(anatomy.location), 1, widths))

    def forward(
        self,
        x: Float[Tensor, "batch 1 depth height width"],
        sigma: float | Float[Tensor, " batch"],
        starts: Int64[Tensor, "batch 3"] | None = None,
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """The mean of what x may have been before noise of sd sigma, both in residual units.

        Args:
            starts: where in the volume each patch begins, in voxels; None for whole volumes.
        """
        location = cut_at(self.anatomy.location, x, starts).expand(len(x), -1, -1, -1, -1)
        spread = cut_at(self.anatomy.spread, x, starts)
        estimate: Tensor = self.denoiser(x, sigma, location, spread)
        return estimate
