"""The EDM prior over whole volumes, every mixture explained exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.alternation import Alternation
from bench.attacks.separation.before import grouped
from bench.attacks.separation.choice import log_volume, prior_energy
from bench.attacks.separation.covariance import Separable
from bench.attacks.separation.karras import Karras, Solver
from bench.attacks.separation.prior import Denoiser, Prior, of_means
from bench.attacks.separation.sampling import Sampler, sample, telling
from bench.attacks.separation.schedules import karras_sigmas
from bench.attacks.separation.separator import OnCalls, Queries, Separated
from bench.attacks.separation.weights import AlphaUpdate
from bench.models.batching import Budget
from bench.models.inference import in_half_on_gpu, predict
from bench.models.score.anatomy import Anatomy
from bench.models.score.atlas import AtlasDenoiser

ENERGY_LEVELS = (3.0, 1.0, 0.3, 0.1)
"""Noise levels at which sources are asked how likely they are, around a voxel's deviation of 1."""
CANDIDATES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Weights that are tried where nothing is known of alpha."""


class Path(StrEnum):
    """How the sampler goes: see `BssEdm.sampler`."""

    CENTRE = "centre"
    FLOW = "flow"
    ALTERNATION = "alternation"


class AlphaBy(StrEnum):
    """Where alpha comes from: see `BssEdm.alpha_by`."""

    GIVEN = "given"
    EM = "em"
    ENERGY = "energy"


@final
@dataclass(frozen=True, kw_only=True)
class EdmSeparator:
    """Separates volumes with a denoiser; the fields are those of `BssEdm`.

    Attributes:
        denoiser: the prior.
        covariance: of what distinguishes scans.
        by_energy: whether `best` is the likeliest restart instead of their mean.
    """

    denoiser: AtlasDenoiser
    covariance: Separable
    path: Path
    levels: int
    noisiest: float
    finest: float
    mixtures: int
    restarts: int
    alpha_by: AlphaBy
    by_energy: bool

    @property
    def calls(self) -> int:
        """Of the sampler and for energies, of all candidates for alpha."""
        once = self.levels if self.path is Path.ALTERNATION else 2 * self.levels - 1
        asked = 2 * len(ENERGY_LEVELS) if self._weighs else 0
        return (once + asked) * (len(CANDIDATES) if self.alpha_by is AlphaBy.ENERGY else 1)

    @property
    def parameters(self) -> int:
        """Of the denoiser."""
        return sum(numbers.numel() for numbers in self.denoiser.parameters())

    @property
    def _weighs(self) -> bool:
        return self.by_energy or self.alpha_by is AlphaBy.ENERGY

    def cheaper(self) -> "Sequence[EdmSeparator]":
        """One level, and a quarter and half of them."""
        fewer = sorted({1, self.levels // 4, self.levels // 2} - {0, self.levels})
        return [replace(self, levels=count) for count in fewer]

    def __call__(
        self, queries: Queries, alpha: Float[Tensor, " scan"], generator: torch.Generator, on_calls: OnCalls
    ) -> Separated:
        """Separate all queries of every scan."""
        if self.alpha_by is not AlphaBy.ENERGY:
            return self._with(queries, alpha, generator, on_calls)
        tried = [self._with(queries, torch.full_like(alpha, a), generator, on_calls) for a in CANDIDATES]
        energies = torch.stack([_energies(one).mean(dim=0) for one in tried])  # candidate scan
        chosen, scans = energies.argmin(dim=0), torch.arange(len(queries), device=queries.device)
        targets = torch.stack([one.targets for one in tried])[chosen, :, scans].transpose(0, 1)
        others = torch.stack([one.others for one in tried])[chosen, :, scans].transpose(0, 1)
        own = torch.stack([_energies(one) for one in tried])[chosen, :, scans].transpose(0, 1)
        found = torch.tensor(CANDIDATES, device=queries.device)[chosen]
        return Separated(targets=targets, others=others, alpha=found, energies=own if self.by_energy else None)

    def _with(
        self, queries: Queries, alpha: Float[Tensor, " scan"], generator: torch.Generator, on_calls: OnCalls
    ) -> Separated:
        found = [grouped(own, self.mixtures) for own in queries]
        averaged = found[0][1]
        anatomy = self.denoiser.anatomy
        residuals = torch.stack([anatomy.residual(mixtures) for mixtures, _ in found])  # scan mixture 1 ...
        observed = residuals.repeat(self.restarts, 1, 1, 1, 1, 1)
        sampler, prior = self._sampler(averaged), self._prior(averaged)
        start = sampler.start(observed, alpha.repeat(self.restarts), generator)
        state = sample(sampler, start, observed, prior, telling(on_calls))
        shape = (self.restarts, len(queries))
        energies = None
        if self._weighs:
            inside = int((anatomy.atlas > 0).sum())
            lost = prior_energy(state.sources, prior, ENERGY_LEVELS, generator)
            energies = (lost + log_volume(state.alpha, inside, averaged)).reshape(shape)
            on_calls(2 * len(ENERGY_LEVELS))
        weights = state.alpha.mean(dim=1).reshape(shape).mean(dim=0)
        return Separated(
            targets=_images(anatomy, state.target, shape),
            others=_images(anatomy, state.references.mean(dim=1), shape),
            alpha=weights,
            energies=energies,
        )

    def _sampler(self, averaged: int) -> Sampler:
        sigmas = (self.noisiest,) if self.levels == 1 else karras_sigmas(self.noisiest, self.finest, self.levels)
        update = AlphaUpdate() if self.alpha_by is AlphaBy.EM else None
        if self.path is Path.ALTERNATION:
            return Alternation(sigmas=sigmas, covariance=self.covariance, averaged=averaged, update=update)
        return Karras(
            sigmas=sigmas,
            solver=Solver.HEUN,
            covariance=self.covariance,
            averaged=averaged,
            update=update,
            start_noise=0.0 if self.path is Path.CENTRE else 1.0,
        )

    def _prior(self, averaged: int) -> Prior:
        budget = Budget()

        def ask(x: Tensor, sigma: float) -> Tensor:
            return predict(in_half_on_gpu(lambda volumes: self.denoiser(volumes, sigma)), x, budget)

        references: Denoiser | None = None if averaged == 1 else of_means(ask, averaged)
        return Prior(ask, references)


def _images(anatomy: Anatomy, residuals: Tensor, shape: tuple[int, int]) -> Tensor:
    images: Tensor = anatomy.image(residuals)
    return images.reshape(*shape, *images.shape[1:])


def _energies(found: Separated) -> Tensor:
    assert found.energies is not None
    return found.energies
