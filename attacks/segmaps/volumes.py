"""Regional volumes of the label map that a server's answer shows."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.mixtures.decoding import levels, most_likely
from bench.types.traffic import Reply

Soft = Float[Tensor, "class depth height width"]


def target_of(reply: Reply) -> Soft:
    """The target's label map where the answer shows the levels of a mixture, else the mean answer over queries."""
    maps = reply.maps.float()
    alpha, shows = levels(maps)
    return one_hot(most_likely(maps, alpha), maps.shape[1]) if shows else maps.mean(dim=0)


def volumes(soft: Soft, cell: int) -> Float[Tensor, " volume"]:
    """Share of every foreground class in every cube of `cell` voxels, in [0, 1]; cubes at the far side may be cut."""
    return F.avg_pool3d(soft[None, 1:].float(), cell, ceil_mode=True).flatten()


def one_hot(labels: Tensor, classes: int) -> Soft:
    """A label map as a soft one that is sure."""
    return F.one_hot(labels.long(), classes).movedim(-1, 0).float()
