"""What the attacker's own scans tell about people: the mean brain, and how far a person is from it in every direction.

Source: second moments; the cosine axes are those of `bench.attacks.separation.covariance`.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.covariance import Separable, cosine_basis, fit_covariance
from bench.errors import BenchError
from bench.types.scan import Cohort

FLOOR = 1e-4
"""Least variance of a coordinate as a share of the mean: corners outside of every head must not drown the rest."""

Images = Float[Tensor, "image 1 depth height width"]


@final
@dataclass(frozen=True, eq=False)
class People:
    """The law of scans, up to second moments.

    Attributes:
        mean: mu, the mean brain.
        covariance: variance of every cosine coordinate between people.
        whiten: exponent in [0, 1]; a coordinate with variance p is divided by p^(whiten / 2).
        band: how many of the lowest frequencies along each axis are looked at.
        variance: E ||features(x)||^2 of a person, tr Sigma in these coordinates.
    """

    mean: Float[Tensor, "1 depth height width"]
    covariance: Separable
    whiten: float
    band: int
    variance: float

    @classmethod
    def of(cls, auxiliary: Cohort, *, whiten: float = 0.75, band: int = 40) -> "People":
        """Measured on the attacker's own scans.

        Raises:
            BenchError: fewer than two people, who have no variance between them.
        """
        people = len(auxiliary.subjects)
        if people < 2:
            raise BenchError(
                f"the attacker needs scans of two people or more, has {people}; raise its share (`shares`)"
            )
        images = torch.stack([scan.image for scan in auxiliary])
        mean = images.mean(dim=0)
        bases = [cosine_basis(size) for size in mean.shape[1:]]
        known = cls(mean, fit_covariance(images - mean, bases, floor=FLOOR), whiten, band, 1.0)
        # The mean is theirs: it lies closer to them than to anybody else, by (people - 1) / people.
        variance = float(known.features(images).square().sum(1).mean()) * people / (people - 1)
        return cls(mean, known.covariance, whiten, band, variance)

    def features(self, images: Images) -> Float[Tensor, "image coordinate"]:
        """Images without the mean brain, in cosine coordinates of more even variance.

        Fine detail, which nobody shares, counts about as much as the coarse shape, in which people resemble each
        other: two people are nearly orthogonal here.
        """
        low = slice(self.band)  # of each axis
        scale = self.covariance.power[low, low, low] ** (self.whiten / 2)
        coordinates = self.covariance.to_basis(images - self.mean)[..., low, low, low]
        return (coordinates / scale).flatten(1)
