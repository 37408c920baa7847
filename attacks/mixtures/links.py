"""Which mixtures hold the same reference.

Source: the last step of attack 4 on instance encodings; compare the clustering in Carlini et al., S&P 2021, there by a
learned similarity, here by a correlation whose values are known.

What is left of K mixtures when their target is taken out by least squares is the part of the references (times 1 - a)
orthogonal to u, u_k = a_k / (1 - a_k); with one alpha that is the deviation from the mean over queries. Where people
are orthogonal and h_k = u_k^2 / ||u||^2 (1 / K with one alpha) is the share of r_k that went with the target,
remainders of two releases with one common reference correlate by sqrt((1 - h)(1 - h')) for that reference, by at most
the root of h / (1 - h) for different ones. So only those with h <= 1/3 are compared: above 2/3 against below .58.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

LARGEST_SHARE = 1 / 3 + 1e-6
ALIKE = 0.61


def remainders(
    features: Float[Tensor, "query coordinate"], alpha: Float[Tensor, " query"]
) -> tuple[Float[Tensor, "query coordinate"], Float[Tensor, " query"]]:
    """One release's mixtures without their target, scaled to length 1, and every h_k.

    Args:
        alpha: inside (0, 1).
    """
    u = alpha / (1 - alpha)
    target = (u * u / alpha / (u @ u)) @ features
    left = features - alpha[:, None] * target
    return left / left.norm(dim=1, keepdim=True).clamp(min=1e-12), u.square() / (u @ u)


def shared_references(
    cosines: Float[Tensor, "mixture mixture"], shares: Float[Tensor, " mixture"]
) -> Int[Tensor, " mixture"]:
    """A number for the reference of every mixture, the same where they share it; nobody shares with h > 1/3.

    Args:
        cosines: between remainders.
        shares: every h.
    """
    from scipy.sparse.csgraph import connected_components

    comparable = shares <= LARGEST_SHARE
    alike = (cosines > ALIKE) & comparable[:, None] & comparable[None, :]
    _, found = connected_components(alike.numpy(), directed=False)
    return torch.from_numpy(found).long()
