"""Separation by the EDM sampler, every denoised set of sources made consistent with the mixtures in closed form.

Sources: Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models", NeurIPS 2022, Alg. 1
(deterministic) and 2 (stochastic); Song et al., "Pseudoinverse-Guided Diffusion Models", ICLR 2023, for the guidance,
in the limit of which nothing is differentiated through the denoiser.

At noise level sigma the sources given the mixtures are taken as Gaussian around their denoised versions with the
covariance of `covariance`; `consistency` then gives their conditional mean D, and d = (x - D) / sigma.

Differs from Alg. 1: from sigma to a lower level t, x becomes (t / sigma) x + (1 - t / sigma) D, the exact step for a
constant D, and Heun's second evaluation is averaged into D, not into the slope. Of the same order; but the slope at t
is an error of D divided by t, and with few levels that is multiplied by sigma / (2 t): 500 from 20 to .02.
Chains start around the linear estimate, the conditional mean under the Gaussian prior: that, and not the prior's mean,
is the centre of noisy sources given their mixtures, and matters where the first level does not drown the prior.

What it converges to with many steps:
- Gaussian prior with the covariance given: the posterior, deterministic or not. If target and references share the
  prior and `noise` is 0 the variance cancels from the conditional mean, and any covariance is as good as the right one.
- Other priors, deterministic (`churn` = 0): *not* the posterior; on a Gaussian mixture means are off by a posterior
  standard deviation and more. What high noise levels got wrong stays.
- Other priors, stochastic: churn draws the noise afresh, so that what a level got wrong is forgotten by later ones, and
  at low noise the assumption is right (Cov[x_0 | x_sigma] -> sigma^2 as sigma -> 0). With n steps per factor e of
  noise, all churned, errors fall like 1 / n. `alternation` does the same with fewer calls.
"""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.consistency import consistent_mean, normal_like
from bench.attacks.separation.covariance import Covariance, Isotropic
from bench.attacks.separation.mixing import per_mixture
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import SamplerState
from bench.attacks.separation.schedules import karras_sigmas
from bench.attacks.separation.weights import AlphaUpdate


class Solver(StrEnum):
    """Of the flow from one noise level to the next: `EULER` with one, `HEUN` with two evaluations of the prior."""

    EULER = "euler"
    HEUN = "heun"


@final
@dataclass(frozen=True, kw_only=True)
class Karras:
    """Settings of the guided EDM sampler. Its prior answers with denoised sources.

    Attributes:
        sigmas: noise levels, falling, without the final zero.
        solver: how the flow is followed.
        churn: S_churn, spread evenly over the steps; each raises its noise by at most the factor sqrt(2); 0:
            deterministic, `math.inf`: as much as is allowed.
        churn_range: lowest and highest sigma that are churned (S_tmin, S_tmax).
        covariance: of denoised sources, see `covariance`.
        averaged: how many reference images each reference is the mean of; their variance is that much smaller.
        noise: standard deviation of noise in the mixtures themselves (gamma_min).
        update: re-estimates alpha on the way; None: alpha is known.
        start_noise: share of the first level's noise in the sources at the start. 0 starts every chain at the linear
            estimate: the deterministic flow then stays there for Gaussian priors, whose posterior's mean it is, and
            leads close to the posterior's mean for others, at the cost of one chain.
    """

    sigmas: tuple[float, ...] = karras_sigmas()
    solver: Solver = Solver.HEUN
    churn: float = 0.0
    churn_range: tuple[float, float] = (0.0, math.inf)
    covariance: Covariance = field(default_factory=Isotropic)
    averaged: int = 1
    noise: float = 0.0
    update: AlphaUpdate | None = None
    start_noise: float = 1.0

    def __post_init__(self) -> None:
        if not self.sigmas or min(self.sigmas) <= 0 or list(self.sigmas) != sorted(self.sigmas, reverse=True):
            raise ValueError(f"sigmas must be positive and fall, got {self.sigmas}")
        if min(self.churn, self.noise, self.start_noise) < 0:
            given = f"{self.churn}, {self.noise} and {self.start_noise}"
            raise ValueError(f"churn, noise and start_noise must be >= 0, got {given}")

    @property
    def steps(self) -> int:
        """One for every noise level."""
        return len(self.sigmas)

    def start(
        self,
        observed: Float[Tensor, "chain mixture *shape"],
        alpha: float | Float[Tensor, "..."],
        generator: torch.Generator,
    ) -> SamplerState:
        """Noise of the highest level around the linear estimate."""
        state = noise_at(self.sigmas[0], observed, alpha, generator)
        to, variance = self.covariance.to_basis, self.covariance.prior()
        nothing = torch.zeros_like(to(state.sources))
        prior_of_references = self.covariance.prior(self.averaged)
        linear = consistent_mean(nothing, to(observed), state.alpha, variance, self.noise, prior_of_references)
        return replace(state, sources=self.covariance.from_basis(linear) + self.start_noise * state.sources)

    def step(self, state: SamplerState, observed: Float[Tensor, "chain mixture *shape"], prior: Prior) -> SamplerState:
        """From one noise level to the next, from the last one to zero."""
        generator = state.generator()
        sigma, below = self.sigmas[state.step], (*self.sigmas, 0.0)[state.step + 1]
        raised = sigma * (1 + self._raise(sigma))
        x = state.sources + (raised**2 - sigma**2) ** 0.5 * normal_like(state.sources, generator)
        denoised = prior(x, raised)
        alpha = state.alpha if self.update is None else self.update(denoised, observed, state.alpha, raised)
        left = below / raised
        clean = self._consistent(denoised, observed, alpha, raised)
        moved = left * x + (1 - left) * clean
        if self.solver is Solver.EULER or below == 0:
            return state.after(moved, generator, calls=1, alpha=alpha)
        clean_there = self._consistent(prior(moved, below), observed, alpha, below)
        between = (clean + clean_there) / 2
        return state.after(left * x + (1 - left) * between, generator, calls=2, alpha=alpha)

    def _raise(self, sigma: float) -> float:
        lowest, highest = self.churn_range
        return min(self.churn / len(self.sigmas), math.sqrt(2) - 1) if lowest <= sigma <= highest else 0.0

    def _consistent(self, denoised: Tensor, observed: Tensor, alpha: Tensor, sigma: float) -> Tensor:
        to, variance = self.covariance.to_basis, self.covariance.variance(sigma)
        references = self.covariance.variance(sigma, self.averaged)
        found = consistent_mean(to(denoised), to(observed), alpha, variance, self.noise, references)
        return self.covariance.from_basis(found)


def noise_at(
    sigma: float,
    observed: Float[Tensor, "chain mixture *shape"],
    alpha: float | Float[Tensor, "..."],
    generator: torch.Generator,
) -> SamplerState:
    """Sources of noise with deviation `sigma`, which must drown the prior."""
    chains, mixtures, *shape = observed.shape
    sources = sigma * normal_like(observed.new_empty(chains, mixtures + 1, *shape), generator)
    weights = per_mixture(alpha, observed)
    return SamplerState(sources=sources, alpha=weights, step=0, calls=0, random=generator.get_state())
