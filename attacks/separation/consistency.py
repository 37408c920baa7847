"""Gaussian sources made consistent with their mixtures, in closed form.

Let x ~ N(D_0, v) and r_k ~ N(D_k, w) be independent, with variances v and w per coordinate, and m_k = a_k x + b_k r_k
+ noise of variance gamma^2, b_k = 1 - a_k. Given x, mixture k alone speaks about r_k, so the posterior falls apart:

    R_k = m_k - a_k D_0 - b_k D_k              residual of the means
    S_k = b_k^2 w + gamma^2                    variance of m_k given x
    p   = 1 / v + sum_k a_k^2 / S_k            precision of x given all mixtures
    E x = D_0 + (1 / p) sum_k a_k R_k / S_k,                       Var x = 1 / p
    E[r_k | x] = D_k + (w b_k / S_k) (R_k - a_k (x - D_0)),        Var[r_k | x] = w gamma^2 / S_k

The means are linear, so E r_k follows with E x put for x. For equal weights this is the matrix inversion lemma with the
K x K matrix v a^2 1 1^T + (w b^2 + gamma^2) I; for K = 1 the guidance of PiGDM (Song et al., ICLR 2023) for a mixture.
At gamma = 0 the result satisfies every mixture exactly.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.mixing import over_voxels, residual

Variance = float | Float[Tensor, "..."]
"""Of every coordinate of a source: one number, or a tensor that broadcasts over a source's shape."""


def consistent_mean(
    means: Float[Tensor, "chain source *shape"],
    observed: Float[Tensor, "chain mixture *shape"],
    alpha: Float[Tensor, "chain mixture"],
    variance: Variance,
    noise: float = 0.0,
    reference_variance: Variance | None = None,
) -> Float[Tensor, "chain source *shape"]:
    """E[sources | mixtures] for independent Gaussian sources.

    Args:
        means: of the sources before the mixtures are seen.
        alpha: the target's weights, in (0, 1).
        variance: v, of the target before the mixtures are seen, > 0.
        noise: standard deviation of the mixtures' own noise; 0 makes them hold exactly.
        reference_variance: w, of the references; None: the target's.
    """
    w = variance if reference_variance is None else reference_variance
    a = over_voxels(alpha, observed)
    left = residual(means, observed, alpha)
    shift = _target_variance(a, variance, w, noise) * (a * left / _given_target(a, w, noise)).sum(1, keepdim=True)
    return _complete(means, shift, left, a, w, noise)


def consistent_draw(
    means: Float[Tensor, "chain source *shape"],
    observed: Float[Tensor, "chain mixture *shape"],
    alpha: Float[Tensor, "chain mixture"],
    variance: Variance,
    generator: torch.Generator,
    noise: float = 0.0,
    reference_variance: Variance | None = None,
) -> Float[Tensor, "chain source *shape"]:
    """One draw of the sources given their mixtures, for independent Gaussian sources; see `consistent_mean`."""
    w = variance if reference_variance is None else reference_variance
    a = over_voxels(alpha, observed)
    left = residual(means, observed, alpha)
    target_variance = _target_variance(a, variance, w, noise)
    shift = target_variance * (a * left / _given_target(a, w, noise)).sum(1, keepdim=True)
    shift = shift + target_variance**0.5 * normal_like(means[:, :1], generator)
    drawn = _complete(means, shift, left, a, w, noise)
    if noise:
        spread = (w * noise**2 / _given_target(a, w, noise)) ** 0.5
        drawn[:, 1:] += spread * normal_like(means[:, 1:], generator)
    return drawn


def explaining(
    sources: Float[Tensor, "chain 2 *shape"],
    observed: Float[Tensor, "chain 1 *shape"],
    alpha: Float[Tensor, "chain 1"],
) -> Float[Tensor, "chain 2 *shape"]:
    """The nearest images in [0, 1] that are the mixture again; where no such images are, they leave [0, 1].

    Where nothing is sent, such as outside the head, both are nothing: what is mixed is never negative.
    """
    a, m = over_voxels(alpha, observed), observed
    b = 1 - a
    other = consistent_mean(sources, observed, alpha, variance=1.0)[:, 1:]
    other = other.clamp(((m - a) / b).clamp(0, 1), (m / b).clamp(0, 1))
    return torch.cat([(m - b * other) / a, other], dim=1)


def normal_like(like: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal numbers with the shape, type and device of `like`."""
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=like.device)


def _given_target(a: Tensor, w: Variance, noise: float) -> Tensor:
    return (1 - a) ** 2 * w + noise**2  # S_k


def _target_variance(a: Tensor, variance: Variance, w: Variance, noise: float) -> Tensor:
    return 1 / (1 / variance + (a**2 / _given_target(a, w, noise)).sum(1, keepdim=True))  # 1 / p


def _complete(means: Tensor, shift: Tensor, left: Tensor, a: Tensor, w: Variance, noise: float) -> Tensor:
    gain = (1 - a) * w / _given_target(a, w, noise)
    return torch.cat([means[:, :1] + shift, means[:, 1:] + gain * (left - a * shift)], dim=1)
