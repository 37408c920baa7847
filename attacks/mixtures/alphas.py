"""The weights alpha of all mixtures, from inner products of mixtures alone.

Sources: moments (`bench.attacks.separation.weights`); one-factor analysis (Harman and Jones 1966, minres) where each
query has its own alpha; type-II maximum likelihood for all equations together.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bench.attacks.mixtures.equations import design
from bench.attacks.separation.weights import CLOSEST, alpha_from_spread, alpha_from_variance


def shared_alpha(features: Float[Tensor, "query coordinate"], variance: float, mean_error: float = 0.0) -> float:
    """The alpha that all mixtures of a release share: from their spread, or from one mixture's distance to the mean.

    One mixture cannot tell alpha from 1 - alpha; the larger is taken, whose image is the one to see.

    Args:
        variance: of a person in these coordinates.
        mean_error: of the mean that was removed, as a share of `variance`.
    """
    if len(features) > 1:
        return float(alpha_from_spread(features[None], variance))
    return _alone(features[0], variance, mean_error)


def _alone(features: Float[Tensor, " coordinate"], variance: float, mean_error: float) -> float:
    length = float(features.square().sum())
    shrunk = features * max(1 - mean_error * variance / max(length, 1e-12), 0.0) ** 0.5
    return float(alpha_from_variance(shrunk[None, None], variance)[0, 0])


def own_alphas(
    features: Float[Tensor, "query coordinate"], variance: float, mean_error: float = 0.0, rounds: int = 200
) -> Float[Tensor, " query"]:
    """One alpha for every mixture of a release.

    m_k and m_l share a_k a_l ||x||^2 and nothing else, so the target is the one common factor and the loadings are
    proportional to alpha. Their scale is unknown with the target's; it is where the rest is right, which is
    sum_k (1 - a_k)^2 tr Sigma. Fewer than three mixtures do not determine loadings; each then gets its alpha from its
    distance to the mean.
    """
    gram = (features @ features.T).double() / variance - mean_error  # the mean's error is in all of them
    if len(gram) < 3:
        return torch.tensor([_alone(row, variance, mean_error) for row in features], dtype=torch.float64)
    off = gram - torch.diag(gram.diagonal())
    loading = (off.sum() / (len(gram) * (len(gram) - 1))).clamp(min=CLOSEST**2).sqrt().expand(len(gram)).clone()
    for _ in range(rounds):
        squares = loading.square()
        fitted = (off @ loading) / (squares.sum() - squares).clamp(min=1e-12)
        loading = (0.5 * loading + 0.5 * fitted).clamp(min=1e-3)  # halved: alternation of two loadings dies out
    left = (gram.diagonal() - loading.square()).clamp(min=0).sum()
    # c of a_k = c l_k: sum (1 - c l_k)^2 = left, the root nearer to 1.
    linear, square = loading.sum(), loading.square().sum()
    root = (linear**2 - square * (len(gram) - left)).clamp(min=0).sqrt()
    scales = torch.stack([(linear - root) / square, (linear + root) / square])
    scale = scales[(scales - 1).abs().argmin()]
    return (scale * loading).clamp(CLOSEST, 1 - CLOSEST)


def likeliest_alphas(
    start: Float[Tensor, " weight"],
    which: Int[Tensor, " mixture"],
    target: Int[Tensor, " mixture"],
    reference: Int[Tensor, " mixture"],
    gram: Float[Tensor, "mixture mixture"],
    *,
    noise: float,
    iterations: int,
) -> Float[Tensor, " weight"]:
    """The alphas under which all mixtures together are most probable, with Gaussian sources integrated out.

    Minimises log det C + tr C^-1 gram over alpha, C = A A' + noise I. References in common tie the alphas of different
    releases to each other by exact proportions, which the spread over one release can only guess.

    Args:
        start: one value for every weight that may differ.
        which: the weight of every mixture, counted from 0.
        gram: inner products of mixtures without the mean, as shares of a person's variance.
    """
    z = torch.logit(start.double()).requires_grad_()
    search = torch.optim.LBFGS([z], max_iter=iterations, line_search_fn="strong_wolfe")
    identity = torch.eye(len(gram), dtype=torch.float64)

    def loss() -> Tensor:
        search.zero_grad()
        a = design(torch.sigmoid(z)[which], target, reference)
        factor = torch.linalg.cholesky(a @ a.T + noise * identity)
        value: Tensor = 2 * factor.diagonal().log().sum() + torch.cholesky_solve(gram, factor).diagonal().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    with torch.enable_grad():
        search.step(loss)  # type: ignore[no-untyped-call]
    found: Tensor = torch.sigmoid(z.detach())
    return found.clamp(CLOSEST, 1 - CLOSEST)
