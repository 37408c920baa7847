"""Dice overlap of a segmentation with reference labels, per foreground class."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bench.metrics.label_maps import require_classes


def class_map(probabilities: Float[Tensor, "class depth height width"]) -> UInt8[Tensor, "depth height width"]:
    """The most probable class of every voxel; the lowest index where classes tie.

    Raises:
        ValueError: a probability is not finite, for which no class is the most probable.
    """
    if not torch.isfinite(probabilities).all():
        raise ValueError("probabilities must be finite; got NaN or infinity")
    return probabilities.argmax(dim=0).to(torch.uint8)


def dice_of_probabilities(
    probabilities: Float[Tensor, "class depth height width"],
    labels: UInt8[Tensor, "depth height width"],
    classes: Sequence[str],
) -> dict[str, float]:
    """Dice of the most probable classes; see `dice`.

    Raises:
        ValueError: a probability is not finite, the number of maps is not the number of classes, or an index of the
            labels is no class.
    """
    if len(probabilities) != len(classes):
        raise ValueError(f"got {len(probabilities)} probability maps for {len(classes)} classes {', '.join(classes)}")
    return dice(class_map(probabilities), labels, classes)


def dice(
    predicted: UInt8[Tensor, "depth height width"],
    labels: UInt8[Tensor, "depth height width"],
    classes: Sequence[str],
) -> dict[str, float]:
    """Foreground class to `2 |P and T| / (|P| + |T|)`, in [0, 1].

    A class that is in neither map has no Dice: NaN, to be left out of means. A class that is predicted but not in
    the labels, or the other way round, scores 0.

    Args:
        predicted: class index per voxel.
        labels: class index per voxel, the truth.
        classes: names by index, background first.

    Source: Dice, "Measures of the amount of ecologic association between species", Ecology 1945; computed by MONAI.

    Raises:
        ValueError: there is no foreground class, or an index is no class.
    """
    from monai.metrics.meandice import compute_dice  # takes seconds to import

    require_classes(classes, predicted=predicted, labels=labels)
    # By default MONAI gives NaN to every class that is not in the labels, also where the network invented it.
    scores = compute_dice(
        predicted[None, None],
        labels[None, None],
        include_background=False,
        ignore_empty=False,
        num_classes=len(classes),
    )[0]
    return {
        name: float(score) if (predicted == index).any() or (labels == index).any() else math.nan
        for index, (name, score) in enumerate(zip(classes[1:], scores, strict=True), start=1)
    }
