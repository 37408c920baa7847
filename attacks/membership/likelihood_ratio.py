"""The likelihood ratio of LiRA, online, with one covariance for everybody.

Source: Carlini et al., "Membership inference attacks from first principles", IEEE S&P 2022, Alg. 1, with the fixed
variance of Sec. VI-C for few shadow networks and the several queries of Sec. VI-D.
Letters as there: phi is how sure a network is of the truth about a person, one number for each kind of query.
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

FLOOR = 1e-6
"""Smallest variance of phi: networks that agree exactly are no proof."""

Phi = Float[Tensor, "person query"]
ShadowPhi = Float[Tensor, "shadow person query"]
Inside = Bool[Tensor, "shadow person"]


def log_ratio(phi: Phi, shadow_phi: ShadowPhi, inside: Inside) -> Float[Tensor, " person"]:
    """Log N(phi; mu_in, Sigma) - log N(phi; mu_out, Sigma), Alg. 1, lines 10 to 16; > 0 speaks for a member.

    Differs from the source: one Sigma for in and out, the scatter around each person's own two means. A few shadow
    networks cannot tell two covariances apart, and with one the ratio is linear in phi, so that a target that was
    trained otherwise than its shadows shifts it and does not bend it. And mu_in - mu_out is drawn towards everybody's
    mean as far as its scatter over people is that of few networks, see `drawn_together`: where memory is weak its sign
    is wrong for many a person otherwise.

    Args:
        phi: of the network that is asked about.
        shadow_phi: of the shadow networks.
        inside: who was in which one's training data; everybody in some and not in all.
    """
    mu_in, mu_out = mean_of(shadow_phi, inside), mean_of(shadow_phi, ~inside)
    scatter = covariance(shadow_phi - torch.where(inside[..., None], mu_in, mu_out))
    count = inside.sum(dim=0).double()
    gap = drawn_together((mu_in - mu_out).double(), scatter, 1 / count + 1 / (len(inside) - count))
    away = (phi - (mu_in + mu_out) / 2).double()
    found: Tensor = (gap * torch.linalg.solve(scatter, away.T).T).sum(dim=1)
    return found


def drawn_together(
    gap: Float[Tensor, "person query"], scatter: Float[Tensor, "query query"], per_network: Float[Tensor, " person"]
) -> Float[Tensor, "person query"]:
    """Every person's gap between in and out, drawn towards the mean over people: empirical Bayes, query by query.

    Gaps that scatter no more over people than those of few networks must are taken as one gap; nobody's is drawn where
    people do differ much more. The mean over people is taken for one of memory, see `not_below_zero`.

    Source: Efron and Morris, JASA 70(350), 1975, for normal means of unequal variance with moments of the prior.

    Args:
        scatter: covariance of one network's phi.
        per_network: variance of each person's gap in units of that, 1 / networks in + 1 / networks out.
    """
    if len(gap) < 2:
        return gap
    error = scatter.diagonal() * per_network[:, None]
    real = (gap.var(dim=0) - error.mean(dim=0)).clamp_min(0)
    mean = gap.mean(dim=0)
    middle = not_below_zero(mean, gap.std(dim=0) / len(gap) ** 0.5)
    return middle + real / (real + error) * (gap - mean)


def not_below_zero(mean: Float[Tensor, " query"], error: Float[Tensor, " query"]) -> Float[Tensor, " query"]:
    """The posterior mean of what cannot be negative, from a normal estimate and its error, with a flat prior.

    Networks are surer of whom they learned, never less sure: where memory is weak the estimate's sign is luck, and a
    wrong one would turn every score round.
    """
    z = mean / error.clamp_min(FLOOR)
    density = torch.exp(-z.square() / 2 - torch.special.log_ndtr(z)) / (2 * math.pi) ** 0.5
    found: Tensor = mean + error.clamp_min(FLOOR) * density
    return found


def own_part(shadow_phi: ShadowPhi) -> ShadowPhi:
    """Phi without what each network has in advance of the others over everybody, see `off_the_line`.

    One training ends surer than another, of everybody. Among a few networks those that learned a person are not as
    lucky on average as those that did not, and that difference would pass for memory.
    """
    middle = shadow_phi.mean(dim=0)
    return middle - middle.mean(dim=0) + torch.stack([off_the_line(phi, middle) for phi in shadow_phi])


def mean_of(shadow_phi: ShadowPhi, chosen: Inside) -> Phi:
    """Every person's mean over the networks that are chosen for them."""
    weight = chosen[..., None].to(shadow_phi)
    return (weight * shadow_phi).sum(dim=0) / weight.sum(dim=0)


def covariance(deviations: ShadowPhi) -> Float[Tensor, "query query"]:
    """Of deviations from two means a person, each of which takes a degree of freedom."""
    shadows, people, queries = deviations.shape
    rows = deviations.double().reshape(-1, queries)
    free = max((shadows - 2) * people, 1)
    return rows.T @ rows / free + FLOOR * torch.eye(queries, dtype=torch.float64, device=rows.device)


def matched(phi: Phi, shadow_phi: ShadowPhi, inside: Inside) -> Phi:
    """Phi without what the target has in advance of its shadows over everybody: put between in and out on average.

    A target that was trained longer, or on more people, is surer of everybody, and surer by more of those who are easy,
    see `off_the_line`. That says nothing about anybody.
    """
    middle = (mean_of(shadow_phi, inside) + mean_of(shadow_phi, ~inside)) / 2
    return middle + off_the_line(phi, middle)


def off_the_line(phi: Phi, middle: Phi) -> Phi:
    """What is left of phi beside a line in how easy each person is for the networks, query by query.

    Left in, how easy a person is would pass for memory wherever members happen to be easier than strangers, or harder.
    The slope is that of least squares, drawn towards 1 as far as it differs from 1 by its own error (Efron and Morris,
    as in `drawn_together`): what a network knows by heart of a few people is no line.
    """
    easy, sure = middle - middle.mean(dim=0), phi - phi.mean(dim=0)
    if len(phi) < 3:
        return sure - easy
    spread = easy.square().sum(dim=0).clamp_min(FLOOR)
    steeper = (easy * sure).sum(dim=0) / spread - 1
    beside = sure - (1 + steeper) * easy
    error = beside.square().sum(dim=0) / (len(phi) - 2) / spread
    kept = (1 - error / steeper.square().clamp_min(FLOOR)).clamp_min(0)
    found: Phi = sure - (1 + kept * steeper) * easy
    return found
