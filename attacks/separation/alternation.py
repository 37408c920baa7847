"""Separation by alternation: denoise, draw sources that explain the mixtures, add less noise than before, repeat.

Sources: Zhang et al., "Improving Diffusion Inverse Problem Solving with Decoupled Noise Annealing" (DAPS), CVPR 2025;
Wu et al., "Principled Probabilistic Imaging using Diffusion Models as Plug-and-Play Priors", NeurIPS 2024, for its
reading as split Gibbs sampling. Ours: the draw is one evaluation of the denoiser and `consistent_draw` in closed form.

    D   = denoiser(x, sigma)
    u   ~ N(D, Cov[x_0 | x_sigma]) given the mixtures
    x  <- u + sigma' z

What it converges to: where the covariance is right (a Gaussian prior with a covariance known), u given x is exact and
the posterior is reached whatever the levels. Else, D = x + sigma^2 s(x, sigma) and Cov -> sigma^2 as sigma -> 0, so a
round is a Langevin step of size sigma^2 (the largest that makes sense, implicit in the mixtures and therefore stable
for every weight and every K), and slowly falling sigma reaches the posterior: with n rounds per factor e of noise the
error of variances is of order 1 / n. Nothing is carried over from a level that was wrong about the covariance, except
between modes that are far apart: the share of chains in each is settled at noise of about their distance.
"""

from dataclasses import dataclass, field
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.consistency import consistent_draw, consistent_mean, normal_like
from bench.attacks.separation.covariance import Covariance, Isotropic
from bench.attacks.separation.karras import noise_at
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import SamplerState
from bench.attacks.separation.schedules import karras_sigmas
from bench.attacks.separation.weights import AlphaUpdate


@final
@dataclass(frozen=True, kw_only=True)
class Alternation:
    """Settings. Its prior answers with denoised sources.

    Attributes:
        sigmas: noise levels, never rising; one evaluation of the prior each. A level may stand several times.
        covariance: of denoised sources, see `covariance`.
        averaged: how many reference images each reference is the mean of; their variance is that much smaller.
        noise: standard deviation of noise in the mixtures themselves.
        update: re-estimates alpha on the way; None: alpha is known.
    """

    sigmas: tuple[float, ...] = karras_sigmas(levels=100)
    covariance: Covariance = field(default_factory=Isotropic)
    averaged: int = 1
    noise: float = 0.0
    update: AlphaUpdate | None = None

    def __post_init__(self) -> None:
        if not self.sigmas or min(self.sigmas) <= 0 or list(self.sigmas) != sorted(self.sigmas, reverse=True):
            raise ValueError(f"sigmas must be positive and fall, got {self.sigmas}")
        if self.noise < 0:
            raise ValueError(f"noise must be >= 0, got {self.noise}")

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
        """Pure noise at the highest level."""
        return noise_at(self.sigmas[0], observed, alpha, generator)

    def step(self, state: SamplerState, observed: Float[Tensor, "chain mixture *shape"], prior: Prior) -> SamplerState:
        """One round; after the last level the conditional mean instead of a draw."""
        generator = state.generator()
        sigma = self.sigmas[state.step]
        denoised = prior(state.sources, sigma)
        alpha = state.alpha if self.update is None else self.update(denoised, observed, state.alpha, sigma)
        to, back = self.covariance.to_basis, self.covariance.from_basis
        given = to(denoised), to(observed), alpha, self.covariance.variance(sigma)
        references = self.covariance.variance(sigma, self.averaged)
        if state.step == self.steps - 1:
            return state.after(back(consistent_mean(*given, self.noise, references)), generator, calls=1, alpha=alpha)
        drawn = back(consistent_draw(*given, generator, self.noise, references))
        renoised = drawn + self.sigmas[state.step + 1] * normal_like(drawn, generator)
        return state.after(renoised, generator, calls=1, alpha=alpha)
