"""How sure a segmentation is of the truth, as one number a volume.

Source: phi = log p_y - log sum_(j != y) p_j of one answer, Carlini et al., "Membership inference attacks from first
principles", IEEE S&P 2022, Sec. IV-C. A segmentation has as many answers as voxels; ours is their mean.
"""

from jaxtyping import Float, UInt8
from torch import Tensor, ones_like, where

SMALLEST = 6e-5
"""What half precision still tells from 0: answers come over the wire."""


def mean_logit(
    scores: Float[Tensor, "class depth height width"], labels: UInt8[Tensor, "depth height width"]
) -> Float[Tensor, ""]:
    """The mean over labelled voxels (not background) of phi; 0 where truth and error are equally likely.

    Over all voxels where none is labelled, as in a scan without a lesion.

    Args:
        scores: before softmax, or logarithms of probabilities: any constant a voxel cancels.
    """
    labelled = labels > 0
    inside = labelled if bool(labelled.any()) else ones_like(labelled)
    there, truth = scores[:, inside].double(), labels[inside].long()[None]  # class voxel
    right = there.gather(0, truth)[0]
    wrong = where(_is(truth, len(scores)), -float("inf"), there).logsumexp(dim=0)
    return (right - wrong).mean().float()


def mean_logit_of_answer(
    probabilities: Float[Tensor, "class depth height width"], labels: UInt8[Tensor, "depth height width"]
) -> Float[Tensor, ""]:
    """The same of probabilities as they came over the wire, where small ones are 0."""
    return mean_logit(probabilities.clamp(min=SMALLEST).log(), labels)


def _is(truth: Tensor, classes: int) -> Tensor:
    return truth == truth.new_tensor(range(classes))[:, None]
