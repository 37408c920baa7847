"""Do chains agree with a posterior that is known?

Chains of one call are independent, so the effective sample size is their number n. Where the posterior is right, a mean
in units of its standard deviation has standard error 1 / sqrt(n); a variance in units of the right one sqrt(2 / n) for
a Gaussian (used for all: the toys' posteriors have lighter tails or hardly heavier ones). Four of these are allowed,
for the largest of at most some sixty coordinates, plus what the sampler is known to be off by at its number of steps.
"""

import torch
from torch import Tensor

SIGMAS = 4.0


def check_gaussian(chains: Tensor, mean: Tensor, variance: Tensor, *, off: float) -> None:
    """`chains coordinate` against independent coordinates; `off` bounds the systematic error of both moments."""
    worst_mean, worst_variance = errors(chains, mean, variance)
    n = len(chains)
    assert worst_mean < SIGMAS / n**0.5 + off
    assert worst_variance < SIGMAS * (2 / n) ** 0.5 + off


def errors(chains: Tensor, mean: Tensor, variance: Tensor) -> tuple[float, float]:
    """The largest error of a mean in posterior standard deviations and of a variance as a share of it."""
    bias = (chains.mean(0) - mean) / variance.sqrt()
    return float(bias.abs().max()), float((chains.var(0) / variance - 1).abs().max())


def check_plane(chains: Tensor, mean: Tensor, covariance: Tensor, *, off: float) -> None:
    """`chains 2` against a law whose covariance is not diagonal: whitened, mean 0 and variances 1."""
    check_gaussian(whiten(chains, mean, covariance), torch.zeros(2).double(), torch.ones(2).double(), off=off)


def whiten(chains: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    root = torch.linalg.cholesky(covariance)
    return torch.linalg.solve_triangular(root, (chains - mean).T, upper=False).T
