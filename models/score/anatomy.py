"""What aligned scans of other people say about every voxel: its mean, how far people differ there, where it is."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from bench.errors import BenchError
from bench.types.scan import Scan

SMALLEST_SPREAD = 0.05
"""In units of the mean spread: no voxel is so certain that a scan could not differ there."""


class Anatomy(nn.Module):
    """Turns images into residuals (deviation from the atlas, of unit variance over the volume) and back.

    Attributes:
        atlas: mean image.
        scale: standard deviation of image - atlas over all voxels and scans, in intensities.
        spread: standard deviation of the residual in each voxel, smoothed, in residual units.
        location: what a network is told of each voxel: its coordinates in [-1, 1] along the three axes (-1 and 1 are
            the volume's faces), the atlas and the logarithm of the spread.
    """

    atlas: Tensor
    scale: Tensor
    spread: Tensor
    location: Tensor

    def __init__(
        self, atlas: Float[Tensor, "1 depth height width"], scale: float, spread: Float[Tensor, "1 depth height width"]
    ) -> None:
        super().__init__()
        if not scale > 0:
            raise ValueError(f"scale must be > 0, got {scale}")
        depth, height, width = atlas.shape[1:]
        # made from the scans each time, so no checkpoint needs them
        self.register_buffer("atlas", atlas, persistent=False)
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("spread", spread, persistent=False)
        told = torch.cat([coordinates((depth, height, width)), atlas, spread.log() / 4])
        self.register_buffer("location", told, persistent=False)

    @classmethod
    def of(cls, scans: Sequence[Scan], smoothing: float = 1.0) -> "Anatomy":
        """Estimated from these scans.

        Args:
            smoothing: sd, in voxels, of the Gaussian over which the variance is averaged.

        Raises:
            BenchError: there are no two different scans.
        """
        from monai.networks.layers.simplelayers import GaussianFilter  # seconds, so not before it is needed

        if not scans:
            raise BenchError("the attacker has no scan to learn anatomy from; choose other roles or shares")
        images = torch.stack([scan.image for scan in scans])
        atlas = images.mean(dim=0)
        variance = (images - atlas).square().mean(dim=0)  # 1 depth height width
        scale = float(variance.mean().sqrt())
        if scale == 0:
            raise BenchError(
                f"the attacker's {len(scans)} scans do not differ; anatomy is learnt from different people"
            )
        smooth = GaussianFilter(3, smoothing)(variance[None])[0]
        spread = (smooth / scale**2 + SMALLEST_SPREAD**2).sqrt()
        return cls(atlas, scale, spread)

    def residual(
        self, images: Float[Tensor, "batch 1 depth height width"], starts: Int64[Tensor, "batch 3"] | None = None
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """(image - atlas) / scale. `starts`: where patches were cut; None for whole volumes."""
        return (images - cut_at(self.atlas, images, starts)) / self.scale

    def image(
        self, residual: Float[Tensor, "batch 1 depth height width"], starts: Int64[Tensor, "batch 3"] | None = None
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """The image whose residual this is."""
        return residual * self.scale + cut_at(self.atlas, residual, starts)


def coordinates(shape: tuple[int, int, int]) -> Float[Tensor, "3 depth height width"]:
    """Position of every voxel's centre along each axis; the volume's faces lie at -1 and 1."""
    axes = [(2 * torch.arange(side) + 1) / side - 1 for side in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def cut_at(
    volume: Float[Tensor, "channel full_depth full_height full_width"],
    like: Float[Tensor, "batch _ depth height width"],
    starts: Int64[Tensor, "batch 3"] | None,
) -> Float[Tensor, "#batch channel depth height width"]:
    """The part of `volume` that lies under each item of `like`.

    Raises:
        ValueError: no `starts`, and `like` are not whole volumes.
    """
    shape = tuple(like.shape[2:])
    if starts is None:
        if shape != tuple(volume.shape[1:]):
            raise ValueError(f"patches of {shape} from volumes of {tuple(volume.shape[1:])} need their starts")
        return volume[None]
    windows = volume
    for axis, edge in enumerate(shape, start=1):
        windows = windows.unfold(axis, edge, 1)
    return windows[:, starts[:, 0], starts[:, 1], starts[:, 2]].transpose(0, 1)
