"""Downsampling, a yardstick: the scan is sent at a coarser resolution.

Source: Unveil; average pooling is what a scanner with larger voxels would have seen, noise aside.
Secret: nothing, so two releases of one scan are equal.
Choices: the release is the pooled image brought back to the common grid by linear interpolation. That tells no more and
no less than the small image, while every attack and control keeps its grid, its window in millimetres and its number of
MS-SSIM scales along the whole dial (a 28-voxel side pooled by 6 would hold no window of 7 at all). A client could send
the small image and let the server interpolate; the bytes in the record are those of the large one. The server segments
on the common grid rather than the client upsampling a coarse map: S learns where inside a large voxel a boundary is
likely to run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.defense import TEST_ONLY, Defense
from bench.defenses.altered import Altered, PatchImages
from bench.defenses.training import TRAINING_PRESETS
from bench.types.scan import Scan
from bench.types.traffic import Release


@final
@dataclass(frozen=True, kw_only=True)
class Downsample(Altered[None]):
    """Send the scan averaged over cubes of `factor` voxels.

    Attributes:
        factors: the factors that the one segmenter is trained on, and at which Dice and leakage are reported.
        factor: edge of the cubes that are averaged for sending, one of `factors`.
    """

    name: ClassVar[str] = "downsample"
    summary: ClassVar[str] = "send the scan at a coarser resolution (a yardstick)"
    source: ClassVar[str] = "Unveil"
    family: ClassVar[str] = "downsample"
    randomised: ClassVar[bool] = False
    dial: ClassVar[str] = "factor"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = TRAINING_PRESETS

    factors: tuple[int, ...] = (2, 3, 4, 6, 8)
    factor: int = field(default=4, metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.factors or min(self.factors) < 2:
            raise ValueError(f"factors must name numbers >= 2, got {self.factors}; for full resolution use no-proxy")
        if self.factor not in self.factors:
            raise ValueError(f"factor must be one that the segmenter is trained on {self.factors}, got {self.factor}")

    @property
    def context(self) -> int:
        """A large voxel on each side, or borders that no scan has would be most of what S learns."""
        return max(self.factors)

    def alter(self, x: PatchImages, rng: torch.Generator) -> PatchImages:
        """Every patch coarsened by a factor of its own."""
        chosen = torch.randint(len(self.factors), (len(x),), generator=rng, device=x.device).tolist()
        return torch.cat([coarsened(x[i : i + 1], self.factors[which]) for i, which in enumerate(chosen)])

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> None:
        """There is no secret."""
        return None

    def protect(self, image: Float[Tensor, "1 depth height width"], key: None, client: nn.Module) -> Release:
        """The coarse image on the common grid."""
        return Release(coarsened(image[None], self.factor))

    def dialled(self) -> Mapping[float, Defense[Any]]:
        """The same defense at every factor."""
        return {float(factor): replace(self, factor=factor) for factor in sorted(self.factors)}


def coarsened(
    x: Float[Tensor, "batch channel depth height width"], factor: int
) -> Float[Tensor, "batch channel depth height width"]:
    """Means over cubes of `factor` voxels, interpolated linearly back to the grid; borders continue outwards."""
    size = x.shape[2:]
    missing = [-side % factor for side in size]
    # Repeating the last voxel keeps zeros that nobody scanned out of the last mean.
    padded = F.pad(x, (0, missing[2], 0, missing[1], 0, missing[0]), mode="replicate")
    small = F.avg_pool3d(padded, factor)
    large = F.interpolate(small, scale_factor=float(factor), mode="trilinear")
    return large[:, :, : size[0], : size[1], : size[2]]
