"""What the attacker's own scans tell about people: the mean brain, and how far a person is from it in every direction.

Source: second moments, with every person compared with the others only; the cosine axes are those of
`bench.attacks.separation.covariance`.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.covariance import Separable, cosine_basis
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
        covariance: variance between people of every cosine coordinate that is looked at: low frequencies.
        whiten: exponent in [0, 1]; a coordinate with variance p is divided by p^(whiten / 2).
        variance: E ||features(x) - features(mu)||^2 of somebody else, tr Sigma in these coordinates.
        mean_error: how far the mean brain is off, as a share of that: 1 / (number of people).
    """

    mean: Float[Tensor, "1 depth height width"]
    covariance: Separable
    whiten: float
    variance: float
    mean_error: float

    @classmethod
    def of(cls, auxiliary: Cohort, *, whiten: float = 0.75, band: int = 40) -> "People":
        """Measured on the attacker's own scans.

        Args:
            band: how many of the lowest frequencies along each axis are looked at.

        Raises:
            BenchError: fewer than three people, who cannot be compared with what others have in common.
        """
        names = auxiliary.subjects
        if len(names) < 3:
            raise BenchError(
                f"the attacker needs scans of three people or more, has {len(names)}; raise its share (`shares`)"
            )
        images = torch.stack([scan.image for scan in auxiliary])
        bases = tuple(cosine_basis(size)[:band] for size in images.shape[2:])
        unit = Separable(bases, torch.ones([len(basis) for basis in bases]))
        coordinates = unit.to_basis(images)[:, 0]
        who = torch.tensor([names.index(scan.subject) for scan in auxiliary])
        # A variance fitted to the very people that it is divided by would come out too small; so each is left out once.
        lengths = []
        for person in range(len(names)):
            others = coordinates[who != person]
            off = (coordinates[who == person] - others.mean(dim=0)).square() / power_of(others) ** whiten
            lengths.append(off.sum(dim=(1, 2, 3)).mean())
        variance = float(torch.stack(lengths).mean()) * (len(names) - 1) / len(names)  # the others' mean is off as well
        return cls(images.mean(dim=0), Separable(bases, power_of(coordinates)), whiten, variance, 1 / len(names))

    def features(self, images: Images) -> Float[Tensor, "image coordinate"]:
        """Images without the mean brain, in cosine coordinates of more even variance.

        Fine detail, which nobody shares, counts about as much as the coarse shape, in which people resemble each
        other: two people are nearly orthogonal here.
        """
        return (self.covariance.to_basis(images - self.mean) / self.covariance.power ** (self.whiten / 2)).flatten(1)

    def deviation(self, own: Cohort) -> float:
        """How far products of two people's features are off zero, as a share of `variance`: a standard deviation."""
        features = self.features(torch.stack([scan.image for scan in own]))
        names = own.subjects
        who = torch.tensor([names.index(scan.subject) for scan in own])
        products = (features @ features.T / self.variance)[who[:, None] != who[None, :]]
        return float(products.square().mean().sqrt())


def power_of(coordinates: Float[Tensor, "scan *axis"]) -> Float[Tensor, "*axis"]:
    """Variance of every coordinate, at least `FLOOR` of the mean."""
    power = (coordinates - coordinates.mean(dim=0)).square().mean(dim=0)
    return power.clamp(min=FLOOR * float(power.mean()))
