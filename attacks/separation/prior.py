"""A prior over single sources, applied to all sources of all chains in one call."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Denoiser = Callable[[Tensor, float], Tensor]
"""E[x_0 | x_sigma = x] of a batch of noisy sources and the standard deviation sigma of their noise."""

Score = Callable[[Tensor, float], Tensor]
"""Gradient of log p_sigma at a batch of noisy sources, p_sigma the prior blurred by noise of deviation sigma."""


@dataclass(frozen=True)
class Prior:
    """What sources look like: a denoiser for some samplers, a score for others.

    A callable sees sources with chain and source folded into its batch axis, chain by chain: with one callable item i
    belongs to chain i // (K + 1), with two the references come alone and item i belongs to chain i // K. Whatever
    differs between chains (the place of a patch) is the callable's to know, and so is cutting a batch too large.

    Attributes:
        target: denoiser or score of the target.
        references: the same for references; None: the target's.
    """

    target: Denoiser | Score
    references: Denoiser | Score | None = None

    def __call__(
        self, sources: Float[Tensor, "chain source *shape"], sigma: float
    ) -> Float[Tensor, "chain source *shape"]:
        """The model's answer for every source at noise level `sigma`."""
        if self.references is None:
            return self.target(sources.flatten(0, 1), sigma).reshape(sources.shape)
        target = self.target(sources[:, 0], sigma)
        references = self.references(sources[:, 1:].flatten(0, 1), sigma).reshape(sources[:, 1:].shape)
        return torch.cat([target[:, None], references], dim=1)


def of_means(denoiser: Denoiser, averaged: int) -> Denoiser:
    """The denoiser of a mean of images whose own mean is 0, taken for one image shrunk by sqrt(`averaged`).

    Right in mean and covariance, and for Gaussian images in every respect.
    """
    shrink = averaged**0.5
    return lambda x, sigma: denoiser(x * shrink, sigma * shrink) / shrink
