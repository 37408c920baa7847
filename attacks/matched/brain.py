"""Everybody's brain, taken out of images so that what distinguishes people is left."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bench.attacks.matched.rows import Rows, without
from bench.errors import BenchError

NEGATIVES = 0.9
"""Share of images that must show everybody's brain inverted before all of them are taken for negatives. An encoder that
inverts does so for everybody; noise does so for half."""


@dataclass(frozen=True, eq=False)
class Brain:
    """The mean of the attacker's own scans.

    Attributes:
        inside: where it is not zero.
        atlas: its intensities there.
        common: orthonormal rows over these voxels that span the mean and a constant.
    """

    inside: Bool[Tensor, "1 depth height width"]
    atlas: Float[Tensor, " voxel"]
    common: Float[Tensor, "two voxel"]

    @classmethod
    def of(cls, own: Float[Tensor, "scan 1 depth height width"]) -> "Brain":
        """The brain of these scans.

        Raises:
            BenchError: they are empty.
        """
        atlas = own.mean(dim=0)
        inside = atlas > 0
        if not bool(inside.any()):
            raise BenchError("the attacker's scans are empty: there is no brain to compare")
        mean = atlas[inside]
        return cls(inside, mean, torch.linalg.qr(torch.stack([mean, torch.ones_like(mean)], dim=1)).Q.T)

    def inverted(self, images: Float[Tensor, "image 1 depth height width"]) -> Bool[Tensor, " image"]:
        """Which images are dark where everybody's brain is bright."""
        return images[:, self.inside] @ (self.atlas - self.atlas.mean()) < 0

    def removed(self, images: Float[Tensor, "image 1 depth height width"]) -> Rows:
        """Rows of what is left of images inside, by least squares, so that scale and offset do not matter."""
        return without(images[:, self.inside], self.common)


def upright(inverted: Bool[Tensor, " image"]) -> float:
    """What to multiply images with to see scans in them: -1 if they are negatives, else 1."""
    return -1.0 if float(inverted.float().mean()) >= NEGATIVES else 1.0
