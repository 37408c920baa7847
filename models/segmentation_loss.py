"""Cross-entropy plus 3D Dice on soft targets.

Source: Milletari et al., "V-Net", 3DV 2016 (squared Dice); the seed paper combines both (Sec. 4).
Why squared: with a soft target g the linear form 2 sum(pg) / (sum p + sum g) is not smallest at p = g, the squared form
2 sum(pg) / (sum p^2 + sum g^2) is.
"""

from jaxtyping import Float, Integer
from torch import Tensor
from torch.nn import functional as F


def one_hot(
    labels: Integer[Tensor, "batch depth height width"], classes: int
) -> Float[Tensor, "batch {classes} depth height width"]:
    """Class indices as maps of 0 and 1."""
    return F.one_hot(labels.long(), classes).movedim(-1, 1).float()


def segmentation_loss(
    scores: Float[Tensor, "batch classes depth height width"],
    target: Float[Tensor, "batch classes depth height width"],
    squared: bool = True,
) -> Float[Tensor, ""]:
    """Mean cross-entropy plus one minus Dice (mean over batch and classes, background included).

    Args:
        scores: before softmax.
        target: a distribution over classes in every voxel.
        squared: the V-Net denominator; False gives the linear one.
    """
    from monai.losses import DiceCELoss

    loss: Tensor = DiceCELoss(softmax=True, squared_pred=squared)(scores, target)
    return loss
