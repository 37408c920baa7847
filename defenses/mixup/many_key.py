"""The secret where several references are mixed into the target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bench.defenses.mixup.key import draw_alpha
from bench.errors import BenchError
from bench.types.scan import Scan


@dataclass(frozen=True, eq=False)
class ManyKey:
    """The references of every query and all weights.

    Attributes:
        weights: of the images of every query, the target's first; rows sum to 1. Those of the references fall, so
            that D always finds the heaviest in the same place.
        references: scans of every query, in the order of their weights. Kept as they are in the pool: K times N
            volumes would not fit into memory where one pool does.
        seed: of whatever else a method keeps secret.
    """

    weights: Float[Tensor, "query image"]
    references: tuple[tuple[Scan, ...], ...]
    seed: int

    def __len__(self) -> int:
        return len(self.references)

    @property
    def alpha(self) -> Float[Tensor, " query"]:
        """The target's weight in every query."""
        return self.weights[:, 0]

    def first(self, count: int) -> "ManyKey":
        """The key of the first `count` queries."""
        return replace(self, weights=self.weights[:count], references=self.references[:count])

    def images(self, query: int) -> Float[Tensor, "reference 1 depth height width"]:
        """The references of one query."""
        return torch.stack([scan.image for scan in self.references[query]])

    def mixed_in(self, query: int) -> Float[Tensor, "1 depth height width"]:
        """What one query holds besides the target: its references times their weights, added up."""
        found: Float[Tensor, "1 depth height width"] = torch.tensordot(
            self.weights[query, 1:], self.images(query), dims=1
        )
        return found

    def labels(self, query: int) -> UInt8[Tensor, "reference depth height width"]:
        """Their labels."""
        return torch.stack([scan.labels for scan in self.references[query]])


def draw_many_key(
    rng: np.random.Generator,
    pool: Sequence[Scan],
    *,
    queries: int,
    images: int,
    alpha_min: float,
    alpha_fixed: float | None,
    cap: float,
) -> ManyKey:
    """K queries of `images` images each, the target among them, under one weight of the target (Eq. 5).

    The weights divide 1 uniformly (Dirichlet), given that none is above `cap`. The heaviest references of the queries
    differ from each other, and so do the references of one query.

    With `images` = 2 these are the references and the alpha that `draw_volume_key` draws from the same generator.

    Raises:
        BenchError: the pool holds too few scans.
    """
    needed = max(queries, images - 1)
    if len(pool) < needed:
        raise BenchError(
            f"queries={queries} of images={images} need {needed} references, the client's pool has {len(pool)}; "
            "lower queries or images, raise ref_pool_size, or give the references role a larger share"
        )
    # Streams of their own: how often weights are drawn again, at one alpha or another, moves no other draw.
    weighing, choosing = rng.spawn(2)
    seed = int(choosing.integers(2**63))
    alpha = draw_alpha(rng, (1,), alpha_min, alpha_fixed, images - 1)
    order = rng.permutation(len(pool))
    first = _weights(weighing, alpha, images)
    while _breaks(first, cap):
        alpha = draw_alpha(weighing, (1,), alpha_min, alpha_fixed, images - 1)
        first = _weights(weighing, alpha, images)
    weights = [first]
    while len(weights) < queries:
        more = _weights(weighing, alpha, images)
        if not _breaks(more, cap):
            weights.append(more)
    references = []
    for heaviest in order[:queries]:
        others = np.delete(np.arange(len(pool)), heaviest)
        chosen = [heaviest, *choosing.permutation(others)[: images - 2]]
        references.append(tuple(pool[int(scan)] for scan in chosen))
    return ManyKey(torch.stack(weights), tuple(references), seed)


def _weights(rng: np.random.Generator, alpha: Float[Tensor, "1"], images: int) -> Float[Tensor, " image"]:
    shares = np.sort(rng.dirichlet(np.ones(images - 1)))[::-1].copy()
    return torch.cat([alpha, (1 - alpha) * torch.from_numpy(shares).float()])


def _breaks(weights: Float[Tensor, " image"], cap: float) -> bool:
    return float(weights.max()) > cap + 1e-6
