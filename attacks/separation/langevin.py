"""Separation by noise-annealed Langevin dynamics, the attack that Mixup-Privacy was tested with.

Sources: Jayaram and Thickstun, "Source Separation with Deep Generative Priors" (BASIS), ICML 2020, Alg. 1 and their
public code for the numbers; Song and Ermon, "Generative Modeling by Estimating Gradients of the Data Distribution",
NeurIPS 2019, for the levels. For every level sigma_i, T times, all sources at once:

    e_k = m_k - a_k x - (1 - a_k) r_k
    x   <- x   + eta_i [ s(x, sigma_i)   + sum_k a_k e_k / gamma_i^2 ]   + sqrt(2 eta_i) z
    r_k <- r_k + eta_i [ s(r_k, sigma_i) + (1 - a_k) e_k / gamma_i^2 ]   + sqrt(2 eta_i) z_k
    eta_i = delta sigma_i^2 / sigma_L^2

Differs from the paper: weights may differ (the paper's Eq. 1 allows them, no published program has them) and K mixtures
may share a target; both follow from the gradient of the Gaussian likelihood.
Left open by the papers: gamma. BASIS' programs divide by sigma^2 or sigma^2 / 2 (`pull` 1 and 2).

What it converges to: level i alone, run for ever in small steps, has the law p_sigma(x) prod_k p_sigma(r_k)
N(m_k; a_k x + (1 - a_k) r_k, gamma_i^2), which is the posterior as sigma -> 0. T steps at level i move a coordinate by
about sqrt(T delta) sigma_i / sigma_L, so with the published numbers (T delta / sigma_L^2 = 30) what is wider than about
five sigma_i keeps the law of a level before. In few dimensions ten levels are enough for the bulk; in many the levels
do not overlap (`schedules.shell_overlap`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.consistency import normal_like
from bench.attacks.separation.mixing import over_voxels, per_mixture, residual
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import SamplerState
from bench.attacks.separation.schedules import geometric_sigmas


class MixtureNoise(StrEnum):
    """Variance of a mixture's residual at noise level sigma, before division by `pull`.

    `PAPER`: sigma^2, as published for a sum of sources.
    `CARRIED`: sigma^2 (a^2 + (1 - a)^2), the noise that both sources carry into an exact mixture.
    """

    PAPER = "paper"
    CARRIED = "carried"


class Start(StrEnum):
    """Where chains begin: numbers of U[0, 1] (BASIS with NCSN) or of N(0, 1) (BASIS with Glow)."""

    UNIFORM = "uniform"
    NORMAL = "normal"


@final
@dataclass(frozen=True, kw_only=True)
class AnnealedLangevin:
    """Settings of the published attack. Its prior answers with scores.

    Attributes:
        sigmas: noise levels, falling (BASIS: 10 from 1 to .01).
        steps_per_level: T (BASIS: 100).
        delta: step size at the last level (BASIS: 3e-5).
        mixture_noise: what a residual is measured against.
        pull: c, by which that variance is divided, > 0 (BASIS: 1, its MNIST program 2, for colours 3).
        initial: law of the first sources.
    """

    sigmas: tuple[float, ...] = geometric_sigmas()
    steps_per_level: int = 100
    delta: float = 3e-5
    mixture_noise: MixtureNoise = MixtureNoise.PAPER
    pull: float = 1.0
    initial: Start = Start.UNIFORM

    def __post_init__(self) -> None:
        if min(self.delta, self.pull, self.steps_per_level) <= 0:
            raise ValueError(
                f"delta, pull and steps_per_level must be > 0, got {self.delta}, {self.pull}, {self.steps_per_level}"
            )
        if not self.sigmas or min(self.sigmas) <= 0 or list(self.sigmas) != sorted(self.sigmas, reverse=True):
            raise ValueError(f"sigmas must be positive and fall, got {self.sigmas}")

    @property
    def steps(self) -> int:
        """L T, one evaluation of the prior each."""
        return len(self.sigmas) * self.steps_per_level

    def start(
        self,
        observed: Float[Tensor, "chain mixture *shape"],
        alpha: float | Float[Tensor, "..."],
        generator: torch.Generator,
    ) -> SamplerState:
        """Random sources.

        Raises:
            ValueError: with these weights the step is so large that residuals or voxels would grow without bound.
        """
        weights = per_mixture(alpha, observed)
        largest = self.largest_stable_delta(weights)
        if self.delta >= largest:
            raise ValueError(
                f"Langevin steps with delta = {self.delta:g} are not stable for these {observed.shape[1]} mixture(s) "
                f"and weights; allowed is delta < {largest:g}: take a smaller delta, a smaller pull or fewer mixtures"
            )
        chains, mixtures, *shape = observed.shape
        like = observed.new_empty(chains, mixtures + 1, *shape)
        if self.initial is Start.UNIFORM:
            sources = torch.rand(like.shape, generator=generator, dtype=like.dtype, device=like.device)
        else:
            sources = normal_like(like, generator)
        return SamplerState(sources=sources, alpha=weights, step=0, calls=0, random=generator.get_state())

    def step(self, state: SamplerState, observed: Float[Tensor, "chain mixture *shape"], prior: Prior) -> SamplerState:
        """One Langevin step; `prior` answers with scores."""
        sigma = self.sigmas[state.step // self.steps_per_level]
        eta = self.delta * (sigma / self.sigmas[-1]) ** 2
        a = over_voxels(state.alpha, observed)
        e = residual(state.sources, observed, state.alpha) / (sigma**2 * over_voxels(self._gain(state.alpha), observed))
        pull = torch.cat([(a * e).sum(1, keepdim=True), (1 - a) * e], dim=1)
        generator = state.generator()
        drift = prior(state.sources, sigma) + pull
        noise = normal_like(state.sources, generator)
        return state.after(state.sources + eta * drift + (2 * eta) ** 0.5 * noise, generator, calls=1)

    def largest_stable_delta(self, alpha: Float[Tensor, "chain mixture"]) -> float:
        """Steps below it shrink every error, whatever the prior.

        A step multiplies errors by I - eta H. The prior adds at most 1 / sigma^2 to H (where it knows a voxel exactly,
        as outside the head), the mixtures A^T A / gamma^2, A being the map from sources to mixtures. Stable means
        eta ||H|| < 2, and eta / sigma^2 = delta / sigma_L^2 at every level.
        """
        weighted = 1 / self._gain(alpha) ** 0.5
        a, b = alpha * weighted, (1 - alpha) * weighted
        gram = a[:, :, None] * a[:, None, :] + torch.diag_embed(b**2)  # A A^T / (gamma / sigma)^2
        norm = float(torch.linalg.eigvalsh(gram).max())
        return float(2 * self.sigmas[-1] ** 2 / (1 + norm))

    def _gain(self, alpha: Float[Tensor, "chain mixture"]) -> Float[Tensor, "chain mixture"]:
        """gamma^2 / sigma^2."""
        carried = alpha**2 + (1 - alpha) ** 2
        return (carried if self.mixture_noise is MixtureNoise.CARRIED else torch.ones_like(alpha)) / self.pull


def denoise_once(
    sources: Float[Tensor, "chain source *shape"], score: Prior, sigma: float
) -> Float[Tensor, "chain source *shape"]:
    """Tweedie's x + sigma^2 s(x, sigma) at the last level, `sigma`: the end that NCSNv2 adds and BASIS has not."""
    return sources + sigma**2 * score(sources, sigma)
