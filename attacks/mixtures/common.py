"""References that several releases of one or two queries share, and the weights that they stand with.

Source: one-factor analysis (triads, Spearman 1904; minres, Harman and Jones 1966), group by group; the grouping is
ours. With people nearly orthogonal, m_i = a_i x_i + b_i r_p, b_i = 1 - a_i, gives

    <m_i, m_j> / tr Sigma = b_i b_j  where both hold the reference r_p, about 0 otherwise,

so in a group of three or more the products themselves give every b_i, which one mixture alone cannot tell from a_i.
Two scans of one person share a_i a_j: a pair and never a group of three, so groups need three members, and one pair
that does not fit a group is no reason to doubt it. What remainders show (`links`) needs three queries; this does not.
"""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

FEWEST = 3
DEVIATIONS = 4.0
"""Products of mixtures without a common source stay below so many of their standard deviations."""
FINEST = 0.02
"""Least standard deviation that is believed."""
MISFITS = 0.1
"""Share of a group's pairs that need not fit, one for each member: two scans of one person under one reference."""
LONGEST = 1.25
"""A mixture has the length a^2 + b^2; a group whose b explain too little of it shares something else: looks."""
LIGHTEST = 0.3
"""Least b of three members: two scans of one person and somebody a little like them fit one factor as well."""
ROUNDS = 20
MOST_PARTNERS = 40
"""Members that triads are formed with, and mixtures that groups are grown from: medians need no more."""

NOBODY = torch.zeros(0, dtype=torch.long), torch.zeros(0, dtype=torch.float64)

Gram = Float[Tensor, "mixture mixture"]


@final
@dataclass(frozen=True, eq=False)
class Common:
    """Groups of mixtures.

    Attributes:
        group: number of the group from 0, -1 for none.
        weight: b = 1 - alpha in it, 0 for none.
    """

    group: Int[Tensor, " mixture"]
    weight: Float[Tensor, " mixture"]


def common_references(gram: Gram, release: Int[Tensor, " mixture"], deviation: float) -> Common:
    """Groups of three mixtures or more, from different releases, whose products are b_i b_j; the largest first.

    Args:
        gram: inner products, as shares of a person's variance.
        release: where every mixture stands; two queries of one release share their target and say nothing here.
        deviation: standard deviation of products that have no common source.
    """
    products = gram.double()
    noise = max(deviation, FINEST)
    apart = release[:, None] != release[None, :]
    group, weight = torch.full((len(products),), -1), products.new_zeros(len(products))
    while True:
        free = group < 0
        seeds = free.nonzero()[:, 0].tolist()
        seeds = seeds[:: -(-len(seeds) // MOST_PARTNERS)] if seeds else []
        found = [_grown(seed, products, apart & free[:, None] & free[None, :], noise) for seed in seeds]
        members, loadings = max(found, key=lambda one: (len(one[0]), float(one[1].sum())), default=NOBODY)
        if len(members) < FEWEST:
            break
        group[members] = int(group.max()) + 1
        weight[members] = loadings.clamp(max=1.0)
    return Common(group, weight)


def _grown(
    seed: int, products: Gram, compared: Bool[Tensor, "mixture mixture"], noise: float
) -> tuple[Int[Tensor, " member"], Float[Tensor, " member"]]:
    """The mixtures that share the seed's reference, and their weights; whoever fits worst leaves until all fit."""
    near = compared[seed] & (products[seed] > DEVIATIONS * noise)
    members = torch.cat([torch.tensor([seed]), near.nonzero()[:, 0]])
    while len(members) >= FEWEST:
        own, pairs = products[members][:, members], compared[members][:, members]
        loadings = one_factor(own, pairs, DEVIATIONS * noise)
        left = (own - loadings[:, None] * loadings).abs().where(pairs, torch.nan)
        misfits = (left > DEVIATIONS * noise).sum(dim=1)
        weak = ((own > DEVIATIONS * noise) & pairs).sum(dim=1) < FEWEST - 1  # its own products must show it
        lengths = own.diagonal() / ((1 - loadings).square() + loadings.square())
        third = float(loadings.sort(descending=True).values[FEWEST - 1])
        if float(lengths.median()) > LONGEST or third < LIGHTEST:
            return NOBODY
        few = int(misfits.max()) <= 1 and int(misfits.sum()) <= MISFITS * int(pairs.sum())
        if few and not weak.any():
            return members, loadings
        worst = misfits + torch.where(weak, len(members), 0) + left.nanmedian(dim=1).values.nan_to_num(1.0)
        members = members[torch.arange(len(members)) != int(worst.argmax())]
    return NOBODY


def one_factor(products: Gram, compared: Bool[Tensor, "mixture mixture"], least: float) -> Float[Tensor, " mixture"]:
    """Loadings l with products_ij = l_i l_j wherever i and j are compared; a few pairs that do not fit decide nothing.

    Triads first, l_i^2 = median of p_ij p_ik / p_jk, which no fixed point can mislead; then least squares over the
    pairs that fit.

    Args:
        products: only compared pairs are looked at.
        compared: symmetric, false on the diagonal.
        least: products below say nothing as a divisor, and misses above are no noise.
    """
    known = products.where(compared, torch.nan)
    some = torch.arange(len(known))[:: -(-len(known) // MOST_PARTNERS)]
    divisor = known.where(known > least, torch.nan)[some][:, some]
    triads = (known[:, some, None] * known[:, None, some] / divisor[None]).flatten(1)
    loadings = triads.nanmedian(dim=1).values.nan_to_num(0.0).clamp(min=0).sqrt()
    for _ in range(ROUNDS):
        fits = (compared & ((products - loadings[:, None] * loadings).abs() <= least)).to(products.dtype)
        fitted = (fits * products) @ loadings / (fits @ loadings.square()).clamp(min=1e-9)
        loadings = torch.where(fits.sum(dim=1) > 0, 0.5 * loadings + 0.5 * fitted.clamp(min=0), loadings)
    return loadings
