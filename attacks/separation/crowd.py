"""What the attacker's own scans say about scans in general, as far as alpha is concerned."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.levels import alpha_from_levels
from bench.attacks.separation.weights import CLOSEST, alpha_from_spread, alpha_from_variance
from bench.types.scan import Cohort


@dataclass(frozen=True, eq=False)
class Crowd:
    """Mean and total variance of scans.

    Attributes:
        mean: the mean image.
        variance: tr Sigma, the variance between people summed over voxels.
    """

    mean: Float[Tensor, "1 depth height width"]
    variance: float

    @classmethod
    def of(cls, cohort: Cohort) -> "Crowd":
        """Of the first visits of these people."""
        images = torch.stack([scan.image for scan in cohort.first_visits()])
        return cls(images.mean(dim=0), float(images.var(dim=0).sum()))

    def alpha(self, queries: Float[Tensor, "query 1 depth height width"]) -> float:
        """The target's weight in mixtures of one target: from how they differ, or from how far the only one strays.

        One mixture looks the same with target and reference exchanged; then the larger weight is taken.
        """
        if len(queries) > 1:
            return float(alpha_from_spread(queries[None], self.variance)[0])
        return float(alpha_from_variance((queries - self.mean)[None], self.variance)[0, 0])


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
