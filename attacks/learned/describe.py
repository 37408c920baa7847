"""What of a release is compared: its low frequencies, and a small picture of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.separation.covariance import Separable, cosine_basis

LOOKS = 3
"""Channels of a look, see `bench.attacks.learned.bank.look`."""
FILTERED = 2
"""Mean and mean magnitude have frequencies that tell of a person."""


@dataclass(frozen=True, eq=False)
class Described:
    """Releases as the two parts of the metric want them."""

    coordinates: Float[Tensor, "release filtered frequency"]
    small: Float[Tensor, "release look depth height width"]

    def __getitem__(self, chosen: Tensor) -> "Described":
        return Described(self.coordinates[chosen], self.small[chosen])

    def to(self, device: torch.device) -> "Described":
        """The same elsewhere, in single precision."""
        return Described(self.coordinates.to(device).float(), self.small.to(device).float())


@final
@dataclass(frozen=True, eq=False)
class Describer:
    """From a release's look to what is compared.

    Attributes:
        bases: the lowest cosine frequencies along each axis.
        side: longest side of the small volume.
    """

    bases: Separable
    side: int

    @classmethod
    def of(cls, shape: tuple[int, int, int], band: int, side: int) -> "Describer":
        """For scans of this shape."""
        bases = tuple(cosine_basis(edge)[:band] for edge in shape)
        return cls(Separable(bases, torch.ones([len(basis) for basis in bases])), side)

    @property
    def radii(self) -> Float[Tensor, " frequency"]:
        """How high each frequency is, in [0, 1]."""
        axes = [torch.arange(len(basis)) / max(len(basis) - 1, 1) for basis in self.bases.bases]
        grid = torch.stack(torch.meshgrid(*axes, indexing="ij"))
        return (grid.square().sum(dim=0) / 3).sqrt().flatten()

    def __call__(self, looks: Iterable[Tensor]) -> Described:
        """All of them, in half precision: there may be many."""
        coordinates, small = [], []
        for one in looks:
            coordinates.append(self.bases.to_basis(one[:FILTERED]).flatten(1).half())
            factor = max(1, round(max(one.shape[1:]) / self.side))
            small.append(F.avg_pool3d(one[None], factor, ceil_mode=True)[0].half())
        return Described(torch.stack(coordinates), torch.stack(small))
