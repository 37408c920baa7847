"""Everybody's brain, taken out of images so that what distinguishes people is left."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bench.attacks.matched.rows import Rows, without
from bench.errors import BenchError


@dataclass(frozen=True, eq=False)
class Brain:
    """The mean of the attacker's own scans.

    Attributes:
        inside: where it is not zero.
        common: orthonormal rows over these voxels that span the mean and a constant.
    """

    inside: Bool[Tensor, "1 depth height width"]
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
        return cls(inside, torch.linalg.qr(torch.stack([atlas[inside], torch.ones_like(atlas[inside])], dim=1)).Q.T)

    def removed(self, images: Float[Tensor, "image 1 depth height width"]) -> Rows:
        """Rows of what is left of images inside, by least squares, so that scale and offset do not matter."""
        return without(images[:, self.inside], self.common)
