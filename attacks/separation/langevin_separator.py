"""The published sampler over a trained score network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.attacks.separation.consistency import explaining
from bench.attacks.separation.langevin import AnnealedLangevin, denoise_once
from bench.attacks.separation.mixing import per_mixture
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import sample, telling
from bench.attacks.separation.separator import OnCalls, Queries, Separated
from bench.models.batching import Budget
from bench.models.inference import predict

STABLE_SHARE = 0.9
"""Of the largest stable step, where the published one is larger."""


@final
@dataclass(frozen=True, kw_only=True)
class LangevinSeparator:
    """Separates one query a scan by annealed Langevin dynamics.

    Attributes:
        score: called with (images, sigma), images in [0, 1].
        sampler: noise levels, steps and step size.
        restarts: random initialisations, all at once.
        denoise: whether the noise of the last level is taken out at the end, which takes one more call.
        exact: whether both sources then move, as little as possible, to where they are the mixture again.
    """

    score: nn.Module
    sampler: AnnealedLangevin
    restarts: int
    denoise: bool
    exact: bool

    @property
    def calls(self) -> int:
        """L T, and one at the end."""
        return self.sampler.steps + int(self.denoise)

    @property
    def parameters(self) -> int:
        """Of the score network."""
        return sum(numbers.numel() for numbers in self.score.parameters())

    def cheaper(self) -> "Sequence[LangevinSeparator]":
        """A tenth and a third of the steps at every level."""
        steps = self.sampler.steps_per_level
        fewer = sorted({max(1, steps // 10), max(1, steps // 3)} - {steps})
        return [replace(self, sampler=replace(self.sampler, steps_per_level=count)) for count in fewer]

    def __call__(
        self, queries: Queries, alpha: Float[Tensor, " scan"], generator: torch.Generator, on_calls: OnCalls
    ) -> Separated:
        """Separate the first query of every scan."""
        observed = queries[:, :1].repeat(self.restarts, 1, 1, 1, 1, 1)  # restart and scan, mixture, 1 ...
        weights = alpha.repeat(self.restarts)
        stable = STABLE_SHARE * self.sampler.largest_stable_delta(per_mixture(weights, observed))
        safe = replace(self.sampler, delta=min(self.sampler.delta, stable))
        budget = Budget()
        prior = Prior(lambda x, sigma: predict(lambda volumes: self.score(volumes, sigma), x, budget))
        state = sample(safe, safe.start(observed, weights, generator), observed, prior, telling(on_calls))
        sources = state.sources
        if self.denoise:
            sources = denoise_once(sources, prior, safe.sigmas[-1])
            on_calls(1)
        if self.exact:
            sources = explaining(sources, observed, per_mixture(weights, observed))
        target, other = sources.reshape(self.restarts, len(queries), *sources.shape[1:]).unbind(dim=2)
        return Separated(targets=target, others=other, alpha=alpha)
