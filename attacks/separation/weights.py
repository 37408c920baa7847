"""The mixing weight alpha, estimated from what the adversary sees.

Sources: moments of mixtures of independent images from one prior. The estimate inside a sampler is the M-step of
expectation maximisation with point estimates of the sources in place of their law.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

CLOSEST = 0.01
"""Estimates keep this distance from 0 and 1, where one of the sources would be invisible."""


def alpha_from_spread(
    observed: Float[Tensor, "chain mixture *shape"], reference_variance: float
) -> Float[Tensor, " chain"]:
    """Alpha of K >= 2 mixtures that share target and alpha: they differ only by (1 - alpha) r_k.

    Sum_v Var_k m_k(v) = (1 - alpha)^2 tr Sigma_r, whatever the target.

    Args:
        reference_variance: tr Sigma_r, the variance of references between people summed over all voxels that
            `observed` has; measured on public scans.

    Raises:
        ValueError: one mixture only, or reference_variance <= 0.
    """
    if observed.shape[1] < 2:
        raise ValueError("the spread over mixtures needs at least two of them, got one; use alpha_from_variance")
    _check_positive(reference_variance)
    spread = observed.var(dim=1).flatten(1).sum(1)
    return (1 - (spread / reference_variance).sqrt()).clamp(CLOSEST, 1 - CLOSEST)


def alpha_from_variance(
    centred: Float[Tensor, "chain mixture *shape"], source_variance: float
) -> Float[Tensor, "chain solution=2"]:
    """Both alphas, the larger first, under which a mixture is as far from the mean image as it is.

    E ||m - mu||^2 = (alpha^2 + (1 - alpha)^2) tr Sigma, which alpha and 1 - alpha solve alike. Mixtures that are even
    closer to the mean than alpha = 1/2 makes them give 1/2, the nearest.

    Args:
        centred: mixtures minus the mean of all sources; averaged over a chain's mixtures, which must share alpha.
        source_variance: tr Sigma, the variance of a source summed over all voxels that `centred` has.

    Raises:
        ValueError: source_variance <= 0.
    """
    _check_positive(source_variance)
    v = centred.square().flatten(2).sum(2).mean(1) / source_variance
    half = 0.5 * (2 * v - 1).clamp(0, 1).sqrt()
    return torch.stack([0.5 + half, 0.5 - half], dim=1).clamp(CLOSEST, 1 - CLOSEST)


@final
@dataclass(frozen=True, kw_only=True)
class AlphaUpdate:
    """Least squares for alpha on denoised sources, inside a sampler.

    The mixtures are regressed on what the prior makes of the noisy sources *before* they are made consistent; after it
    any alpha explains itself. Noisy sources in place of denoised ones would bias the slope towards 0.

    The truth is its fixed point, but a weak one: noisy sources have been made consistent with the alpha so far at the
    level before, and one mixture alone hardly tells 0.35 from 0.5. Use it to refine an estimate, not to find one.

    Attributes:
        below: noise level under which estimates begin; the standard deviation of a voxel is a good choice.
        damping: share of the new estimate in the next alpha, in (0, 1].
    """

    below: float = 1.0
    damping: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.damping <= 1:
            raise ValueError(f"damping must be in (0, 1], got {self.damping}")

    def __call__(
        self,
        denoised: Float[Tensor, "chain source *shape"],
        observed: Float[Tensor, "chain mixture *shape"],
        alpha: Float[Tensor, "chain mixture"],
        sigma: float,
    ) -> Float[Tensor, "chain mixture"]:
        """The next alpha; the mixtures of a chain are taken to share it."""
        if sigma >= self.below:
            return alpha
        gap = (denoised[:, :1] - denoised[:, 1:]).flatten(1)  # x - r_k
        above = (observed - denoised[:, 1:]).flatten(1)  # m_k - r_k
        fitted = (gap * above).sum(1) / gap.square().sum(1)
        moved = (1 - self.damping) * alpha + self.damping * fitted[:, None]
        return moved.clamp(CLOSEST, 1 - CLOSEST)


def _check_positive(variance: float) -> None:
    if variance <= 0:
        raise ValueError(f"the variance over people must be > 0, got {variance:g}")
