"""What the samplers assume about Cov[x_0 | x_sigma], the uncertainty of a denoised source.

For a Gaussian prior with variance p along an axis it is sigma^2 p / (sigma^2 + p) along that axis: exact with the right
axes, and for every prior exact to leading order as sigma -> 0, where it becomes sigma^2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.consistency import Variance


@runtime_checkable
class Covariance(Protocol):
    """A covariance that is diagonal in an orthonormal basis of a source."""

    def prior(self, averaged: int = 1) -> Variance:
        """Variance of a source along every axis of the basis before anything is seen.

        Args:
            averaged: for a source that is the mean of so many images.
        """

    def variance(self, sigma: float, averaged: int = 1) -> Variance:
        """Variance of a denoised source along every axis of the basis at noise level `sigma`.

        Args:
            averaged: for a source that is the mean of so many images.
        """

    def to_basis(self, x: Tensor) -> Tensor:
        """Coordinates of images, whose last axes are a source's."""

    def from_basis(self, x: Tensor) -> Tensor:
        """Images of coordinates."""


@final
@dataclass(frozen=True)
class Isotropic:
    """Every voxel alike and independent, as in PiGDM: r^2 = sigma^2 s^2 / (sigma^2 + s^2).

    Attributes:
        std: s, the standard deviation of a voxel under the prior, > 0.
    """

    std: float = 1.0

    def __post_init__(self) -> None:
        if self.std <= 0:
            raise ValueError(f"std must be > 0, got {self.std}")

    def prior(self, averaged: int = 1) -> Variance:
        """s^2, the same for every voxel."""
        return self.std**2 / averaged

    def variance(self, sigma: float, averaged: int = 1) -> Variance:
        """r^2, the same for every voxel."""
        prior = self.prior(averaged)
        return sigma**2 * prior / (sigma**2 + prior)

    def to_basis(self, x: Tensor) -> Tensor:
        """Voxels are coordinates."""
        return x

    def from_basis(self, x: Tensor) -> Tensor:
        """Voxels are coordinates."""
        return x


@final
@dataclass(frozen=True)
class Separable:
    """Smooth images: one variance for every product of basis vectors along the last axes.

    Scans have far more variance in coarse structure than in fine; a single number for both is wrong by orders of
    magnitude either way.

    Attributes:
        bases: for each of a source's last axes an orthonormal matrix whose rows are the basis vectors.
        power: variance of every coordinate under the prior, > 0; shaped like those axes.
    """

    bases: tuple[Float[Tensor, "_row _column"], ...]
    power: Float[Tensor, "..."]

    def __post_init__(self) -> None:
        expected = tuple(len(basis) for basis in self.bases)
        if tuple(self.power.shape) != expected:
            raise ValueError(f"power must be shaped like the bases, {expected}, got {tuple(self.power.shape)}")
        if not bool((self.power > 0).all()):
            raise ValueError(f"power must be > 0 everywhere, its minimum is {self.power.min():g}")

    def prior(self, averaged: int = 1) -> Variance:
        """The variance p of every coordinate."""
        return self.power / averaged

    def variance(self, sigma: float, averaged: int = 1) -> Variance:
        """sigma^2 p / (sigma^2 + p) of every coordinate."""
        prior = self.prior(averaged)
        return sigma**2 * prior / (sigma**2 + prior)

    def to_basis(self, x: Tensor) -> Tensor:
        """Coordinates of images."""
        for axis, basis in enumerate(reversed(self.bases), start=1):
            x = (x.movedim(-axis, -1) @ basis.T).movedim(-1, -axis)
        return x

    def from_basis(self, x: Tensor) -> Tensor:
        """Images of coordinates."""
        for axis, basis in enumerate(reversed(self.bases), start=1):
            x = (x.movedim(-axis, -1) @ basis).movedim(-1, -axis)
        return x


def cosine_basis(
    size: int, *, dtype: torch.dtype = torch.float32, device: torch.device | None = None
) -> Float[Tensor, "size size"]:
    """The orthonormal cosine transform (DCT-II), which needs no periodic images; row f has frequency f / (2 size)."""
    place = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    rows: Tensor = torch.cos(torch.pi * torch.arange(size, dtype=torch.float64)[:, None] * place) * (2 / size) ** 0.5
    rows[0] /= 2**0.5
    return rows.to(device=device, dtype=dtype)


def fit_covariance(
    samples: Float[Tensor, "sample *shape"], bases: Sequence[Float[Tensor, "_row _column"]], floor: float = 1e-6
) -> Separable:
    """The variance of every coordinate, measured on public images from which the mean was removed.

    Args:
        samples: images like the sources; all axes before the last `len(bases)` are averaged over.
        floor: least variance, as a share of the mean variance, for coordinates in which samples do not vary.
    """
    unit = Separable(tuple(bases), torch.ones([len(basis) for basis in bases], dtype=samples.dtype))
    power = unit.to_basis(samples).square().flatten(0, samples.ndim - len(bases) - 1).mean(0)
    return Separable(tuple(bases), power.clamp(min=floor * float(power.mean())))
