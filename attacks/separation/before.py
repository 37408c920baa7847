"""Before anything is separated: alpha from where it can be read, and queries joined to mixtures."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.mixtures.alphas import shared_alpha
from bench.attacks.mixtures.people import People
from bench.attacks.separation.levels import alpha_from_levels
from bench.attacks.separation.weights import CLOSEST


def alpha_of_queries(queries: Float[Tensor, "query 1 depth height width"], people: People) -> float:
    """The target's weight in mixtures of one target: from how they differ, or from how far the only one strays."""
    return _inside(shared_alpha(people.features(queries), people.variance, people.mean_error))


def alpha_of_reply(maps: Float[Tensor, "query class depth height width"]) -> float:
    """The target's weight from the levels of the server's answer; nearly 1 where it shows none."""
    try:
        return _inside(float(alpha_from_levels(maps)[0]))
    except ValueError:  # every voxel is certain: nothing is mixed
        return 1 - CLOSEST


def alpha_of_key(key: object, otherwise: float) -> float:
    """The target's weight as it stands in a key; of keys without one the estimate."""
    weight = getattr(key, "alpha", None)
    return otherwise if weight is None else _inside(float(torch.as_tensor(weight).float().mean()))


def grouped(queries: Float[Tensor, "query 1 depth height width"], groups: int) -> tuple[Tensor, int]:
    """Means of equal groups of mixtures, and how many are in each; those that fill no group are left out.

    The mean of mixtures that share target and alpha is a mixture of the target with the mean of their references: for
    Gaussian scans nothing is lost by it, and a sampler has one reference to guess instead of many.
    """
    size = len(queries) // min(groups, len(queries))
    kept = queries[: size * min(groups, len(queries))]
    return kept.reshape(-1, size, *kept.shape[1:]).mean(dim=1), size


def _inside(alpha: float) -> float:
    return min(max(alpha, CLOSEST), 1 - CLOSEST)


def averaged_channels(queries: Sequence[Tensor] | Tensor) -> Float[Tensor, "query 1 depth height width"]:
    """Queries with one channel."""
    stacked = queries if isinstance(queries, Tensor) else torch.stack(list(queries))
    return stacked.mean(dim=1, keepdim=True)
