"""Mixtures as linear equations in targets and references, and the best linear estimate of the targets.

Source: Gauss-Markov. Row (i, k) of the design says m_ik - mu = a_ik (x_i - mu) + (1 - a_ik) (r_p - mu). With sources
that are independent and share one covariance Sigma, the linear estimate of least mean squared error is

    (x, r) = mu + A' (A A' + noise I)^-1 (m - mu),

whatever Sigma is: it cancels, so smooth and white images have the same answer. With K fresh references and one alpha
that is x = mu + w (mbar - mu), w = a / (a^2 + (1 - a)^2 / K), which leaves the share
((1 - a)^2 / K) / (a^2 + (1 - a)^2 / K) of the variance unexplained. With K own alphas it weighs m_k / a_k by the
precisions a_k^2 / (1 - a_k)^2. References that stand in several rows make it better: where the equations determine the
sources it inverts them.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Alphas = Float[Tensor, " mixture"]


def lmmse_weight(alpha: float, queries: int) -> float:
    """The factor w in x = mu + w (mbar - mu) for the mean of K mixtures with one alpha and fresh references."""
    return alpha / (alpha**2 + (1 - alpha) ** 2 / queries)


def error_fraction(alpha: float, queries: int) -> float:
    """Share of a target's variance that this estimate leaves, in [0, 1]."""
    reference = (1 - alpha) ** 2 / queries
    return reference / (alpha**2 + reference)


def design(
    alpha: Alphas, target: Int[Tensor, " mixture"], reference: Int[Tensor, " mixture"]
) -> Float[Tensor, "mixture source"]:
    """A: one row a mixture, targets first, then references.

    Args:
        target, reference: which ones a mixture holds, counted from 0 each.
    """
    targets = int(target.max()) + 1
    row = torch.arange(len(alpha))
    empty = alpha.new_zeros(len(alpha), targets + int(reference.max()) + 1)
    return empty.index_put((row, target), alpha).index_put((row, targets + reference), 1 - alpha)


def target_weights(
    alpha: Alphas, target: Int[Tensor, " mixture"], reference: Int[Tensor, " mixture"], noise: float
) -> Float[Tensor, "target mixture"]:
    """The matrix W in x = mu + W (m - mu).

    Args:
        noise: variance of what is no mixture (rounding, a wrong alpha), as a share of a person's variance; > 0.
    """
    a = design(alpha, target, reference)
    covariance = a @ a.T + noise * torch.eye(len(a), dtype=a.dtype)
    weights: Tensor = torch.linalg.solve(covariance, a).T
    return weights[: int(target.max()) + 1]
