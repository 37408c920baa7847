"""Priors whose score, and whose posterior given mixtures, are known."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from bench.attacks.separation.mixing import over_voxels, per_mixture


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mixtures(sources: Tensor, alpha: float | Tensor) -> Tensor:
    weights = per_mixture(alpha, sources[:, 1:])
    a = over_voxels(weights, sources[:, 1:])
    return a * sources[:, :1] + (1 - a) * sources[:, 1:]


@dataclass(frozen=True)
class RandomField:
    """A Gaussian random field on a periodic grid with a power-law spectrum: diagonal in Fourier, voxels of variance 1.

    Its posterior is Gaussian in every Fourier coordinate, with one shrinkage for all of them.
    """

    shape: tuple[int, ...] = (4, 4)
    exponent: float = 2.0

    @cached_property
    def bases(self) -> tuple[Tensor, ...]:
        return tuple(fourier_basis(size) for size in self.shape)

    @cached_property
    def basis(self) -> Tensor:
        """Rows are the field's axes, on flattened images."""
        rows = torch.ones(1, 1, dtype=torch.float64)
        for one in self.bases:
            rows = torch.kron(rows, one)
        return rows

    @cached_property
    def power(self) -> Tensor:
        """Variance along every row of `basis`."""
        squared = torch.zeros(1, dtype=torch.float64)
        for size in self.shape:
            frequency = (torch.arange(size, dtype=torch.float64) + 1) // 2
            squared = (squared[:, None] + frequency**2).flatten()
        power = (0.5 + squared.sqrt()) ** -self.exponent
        return power / power.mean()

    @cached_property
    def mean(self) -> Tensor:
        return torch.linspace(-1, 1, self.power.numel(), dtype=torch.float64).reshape(self.shape)

    def coordinates(self, x: Tensor) -> Tensor:
        return (x - self.mean).flatten(-len(self.shape)) @ self.basis.T

    def image(self, coordinates: Tensor) -> Tensor:
        return self.mean + (coordinates @ self.basis).unflatten(-1, self.shape)

    def draw(self, count: tuple[int, ...], seed: int) -> Tensor:
        z = torch.randn(*count, self.power.numel(), generator=generator(seed), dtype=torch.float64)
        return self.image(self.power.sqrt() * z)

    def denoiser(self, x: Tensor, sigma: float) -> Tensor:
        return self.image(self.coordinates(x) * (self.power / (self.power + sigma**2)))

    def score(self, x: Tensor, sigma: float) -> Tensor:
        return -(self.image(self.coordinates(x) / (self.power + sigma**2)) - self.mean)

    def posterior(self, observed: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
        """Mean and variance of the target's coordinates given one chain's mixtures `mixture ...`."""
        a, b_k = alpha, (1 - alpha) ** 2 / len(observed)
        gain = a / (a**2 + b_k)
        return gain * self.coordinates(observed).mean(0), self.power * b_k / (a**2 + b_k)


def fourier_basis(size: int) -> Tensor:
    """Orthonormal rows 1, cos, sin, cos, sin, ... of rising frequency."""
    place = torch.arange(size, dtype=torch.float64)
    rows = []
    for row in range(size):
        angle = 2 * torch.pi * ((row + 1) // 2) * place / size
        rows.append(angle.sin() if row and row % 2 == 0 else angle.cos())
    matrix = torch.stack(rows)
    return matrix / matrix.norm(dim=1, keepdim=True)


@dataclass(frozen=True)
class PlaneMixture:
    """Three Gaussians in the plane that overlap; the posterior comes from summing over a fine grid."""

    shares: tuple[float, ...] = (0.5, 0.3, 0.2)
    centres: tuple[tuple[float, float], ...] = ((-0.72, 0.18), (0.54, 0.6), (0.3, -0.78))
    deviations: tuple[tuple[float, float], ...] = ((0.5, 0.3), (0.3, 0.6), (0.7, 0.4))

    @cached_property
    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        c, m, s = (torch.tensor(values, dtype=torch.float64) for values in (self.shares, self.centres, self.deviations))
        return c, m, s**2

    def _logits(self, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
        shares, centres, variances = self.parts
        variance = variances + sigma**2
        scaled = (x[:, None] - centres) / variance
        return shares.log() - 0.5 * (variance.log() + variance * scaled**2).sum(-1), scaled

    def score(self, x: Tensor, sigma: float) -> Tensor:
        logits, scaled = self._logits(x, sigma)
        return -(logits.softmax(-1)[..., None] * scaled).sum(1)

    def denoiser(self, x: Tensor, sigma: float) -> Tensor:
        return x + sigma**2 * self.score(x, sigma)

    def draw(self, count: int, seed: int) -> Tensor:
        random = generator(seed)
        shares, centres, variances = self.parts
        which = torch.multinomial(shares, count, replacement=True, generator=random)
        return centres[which] + variances[which].sqrt() * torch.randn(count, 2, generator=random, dtype=torch.float64)

    def posterior(self, observed: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
        """Mean and covariance of the target given one chain's mixtures `mixture 2`."""
        axis = torch.linspace(-4, 4, 321, dtype=torch.float64)
        grid = torch.cartesian_prod(axis, axis)
        log_p = self._logits(grid, 0)[0].logsumexp(-1)
        for m in observed:
            log_p = log_p + self._logits((m - alpha * grid) / (1 - alpha), 0)[0].logsumexp(-1)
        p = log_p.softmax(0)
        mean = p @ grid
        return mean, (grid - mean).T @ (p[:, None] * (grid - mean))
