"""Choosing between restarts, or between values of alpha, by what the adversary can compute.

By the chain rule -log p(mixtures | alpha) = E[energy of the sources] + log volume - entropy of the target, the mean
over the posterior. For equal alphas (restarts) only the energy matters. Between alphas the energy alone would favour
weights near 0 and 1; the other two terms together are `log_volume` for a Gaussian prior and about that for others.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bench.attacks.separation.consistency import normal_like
from bench.attacks.separation.prior import Prior


def prior_energy(
    sources: Float[Tensor, "chain source *shape"],
    prior: Prior,
    sigmas: Sequence[float],
    generator: torch.Generator,
    draws: int = 1,
) -> Float[Tensor, " chain"]:
    """-log p of all sources of every chain, in nats, up to a constant that all chains share.

    -log p(x) = 1/2 int E ||x - D(x + sigma z, sigma)||^2 d(1 / sigma^2) + constant (Guo, Shamai and Verdu, IEEE Trans.
    Inf. Theory 2005; Kong et al., ICLR 2023), by the trapezoid rule in log sigma. The same z for every chain, so that
    differences are sharp, and -z beside it, which removes what is linear in z. Costs
    2 `len(sigmas) draws` evaluations of the prior.

    Args:
        prior: answers with denoised sources.
        sigmas: noise levels, falling; from far above to somewhat below the scale of what distinguishes the candidates.
        draws: of z and -z for every level.

    Raises:
        ValueError: fewer than two levels.
    """
    if len(sigmas) < 2:
        raise ValueError(f"the energy is an integral over noise levels and needs at least two, got {len(sigmas)}")
    rows = []
    for sigma in sigmas:
        lost = sources.new_zeros(len(sources))
        for _ in range(draws):
            z = sigma * normal_like(sources[:1], generator)
            for noise in (z, -z):
                off = (sources - prior(sources + noise, sigma)).square().flatten(1).sum(1)
                lost = lost + off / (2 * draws)
        rows.append(lost / sigma**2)
    log_precision = -2 * torch.tensor(list(sigmas), dtype=sources.dtype, device=sources.device).log()
    energy: Tensor = 0.5 * torch.trapezoid(torch.stack(rows), log_precision, dim=0)
    return energy


def log_volume(alpha: Float[Tensor, "chain mixture"], coordinates: int, averaged: int = 1) -> Float[Tensor, " chain"]:
    """1/2 log det of the mixtures' covariance at unit sources, times `coordinates`, in nats.

    Args:
        coordinates: of a source in which the prior has any variance: not voxels outside the head.
        averaged: how many images each reference is the mean of.
    """
    a, b = alpha, 1 - alpha
    covariance = a[:, :, None] * a[:, None, :] + torch.diag_embed(b**2 / averaged)
    volume: Tensor = 0.5 * coordinates * torch.linalg.slogdet(covariance).logabsdet
    return volume


def lowest(energies: Float[Tensor, "candidate chain"]) -> Int[Tensor, " chain"]:
    """Which candidate is best for every chain.

    Raises:
        ValueError: an energy that is not finite.
    """
    if not bool(energies.isfinite().all()):
        raise ValueError("energies must be finite: a candidate that failed is no candidate")
    return energies.argmin(0)
