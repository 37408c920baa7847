"""What is left of releases when everything is taken out that they share."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bench.attacks.matched.brain import Brain, upright
from bench.attacks.matched.rows import Rows, spread, whitened, without


@dataclass(frozen=True, eq=False)
class Remainders:
    """Averaged queries without the mean brain, a constant, and what queries of one release differ in.

    Attributes:
        found: a row for every release, their mean taken out.
        others: the same of the attacker's own scans.
        inside: which voxels of the volume a row holds.
        rejected: how many directions were taken out because queries differ in them; None where that was left out.
    """

    found: Float[Tensor, "release voxel"]
    others: Float[Tensor, "other voxel"]
    inside: Bool[Tensor, "1 depth height width"]
    rejected: int | None

    def whitening(self, wish: int) -> int:
        """Number of principal components to even out: what is wished for, and at most half as many as own scans."""
        return min(wish, len(self.others) // 2)

    def whitened(self, count: int) -> Rows:
        """`found` with the variance along the first principal components of `others` evened out."""
        return whitened(self.found, self.others, count)


def remainders_of(
    releases: Iterable[Float[Tensor, "query channel depth height width"]],
    own: Float[Tensor, "scan 1 depth height width"],
    reject_spread: bool,
) -> Remainders:
    """What distinguishes the releases.

    Args:
        releases: all queries of each.
        own: the attacker's own scans.
        reject_spread: leave out the directions in which queries of one release differ, if they are fewer than the
            releases.

    Raises:
        BenchError: the attacker's scans hold no brain.
    """
    brain = Brain.of(own)
    means, deviations, inverted = [], [], []
    for release in releases:
        images = release.float().mean(dim=1, keepdim=True)
        queries = brain.removed(images)
        inverted.append(brain.inverted(images.mean(dim=0, keepdim=True)))
        means.append(queries.mean(dim=0))
        deviations.append(queries[:-1] - queries.mean(dim=0))  # the last one follows from the others
    found, others = torch.stack(means) * upright(torch.cat(inverted)), brain.removed(own)
    axes = spread(torch.cat(deviations), len(found)) if reject_spread else None
    if axes is not None:
        found, others = without(found, axes), without(others, axes)
    rejected = None if axes is None else len(axes)
    return Remainders(found - found.mean(dim=0), others - others.mean(dim=0), brain.inside, rejected)
