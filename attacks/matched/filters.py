"""From images to filters: what to correlate with clean scans to find whom an image shows."""

from jaxtyping import Bool, Float
from torch import Tensor

from bench.attacks.matched.brain import Brain, upright
from bench.attacks.matched.rows import whitened

Images = Float[Tensor, "image 1 depth height width"]


def filters_for(
    images: Images, own: Float[Tensor, "scan 1 depth height width"], whiten: int
) -> Float[Tensor, "image 1 depth height width"]:
    """What distinguishes each image, its variance between people evened out on both sides of the correlation.

    Args:
        images: guesses of clean images.
        own: the attacker's own scans; their mean is taken out, with a constant.
        whiten: principal components of the own scans that are evened out; 0 for none, and at most half as many as
            there are scans.

    Raises:
        BenchError: the own scans are empty.
    """
    brain = Brain.of(own)
    rows, others = brain.removed(images) * upright(brain.inverted(images)), brain.removed(own)
    count = min(whiten, len(others) // 2)
    return as_filters(rows - rows.mean(dim=0), others - others.mean(dim=0), brain.inside, count)


def as_filters(
    rows: Float[Tensor, "image voxel"],
    others: Float[Tensor, "other voxel"],
    inside: Bool[Tensor, "1 depth height width"],
    count: int,
) -> Float[Tensor, "image 1 depth height width"]:
    """Rows as volumes that are 0 outside, whitened once for themselves and once for what they meet.

    <W m, W x> = <W W m, x>, with W as in `bench.attacks.matched.rows.whitened`.
    """
    filters = rows.new_zeros(len(rows), *inside.shape)
    filters[:, inside] = whitened(whitened(rows, others, count), others, count)
    return filters
