"""Distance between the surfaces of a segmentation and of the reference labels, per foreground class."""

import math
import warnings
from collections.abc import Sequence

from jaxtyping import Bool, UInt8
from torch import Tensor
from torch.nn.functional import one_hot

from bench.metrics.label_maps import require_classes

PERCENTILE = 95.0


def hd95_mm(
    predicted: UInt8[Tensor, "depth height width"],
    labels: UInt8[Tensor, "depth height width"],
    classes: Sequence[str],
    spacing_mm: float,
) -> dict[str, float]:
    """Foreground class to the 95th percentile Hausdorff distance in millimetres; 0 is perfect, lower is better.

    The distances from every voxel of one surface to the nearest of the other surface have a 95th percentile in either
    direction; the larger of the two counts. Dice hardly sees a few voxels far off; this does.

    A class that is in neither map has no distance: NaN, to be left out of means. Where only one of the maps has it no
    surface is near, and the worst distance that the grid allows counts, its diagonal: leaving such scans out would
    reward a network that misses a class.

    Args:
        predicted: class index per voxel.
        labels: class index per voxel, the truth.
        classes: names by index, background first.
        spacing_mm: edge of the cubic voxel.

    Source: Huttenlocher et al., "Comparing images using the Hausdorff distance", PAMI 1993; the percentile as in the
    BraTS challenge (Menze et al., TMI 2015); computed by MONAI.

    Raises:
        ValueError: there is no foreground class, or an index is no class.
    """
    require_classes(classes, predicted=predicted, labels=labels)
    diagonal = spacing_mm * math.hypot(*(side - 1 for side in labels.shape))
    found: dict[str, float] = {}
    for index, name in enumerate(classes[1:], start=1):
        ours, truth = predicted == index, labels == index
        if not ours.any() and not truth.any():
            found[name] = math.nan
        elif not ours.any() or not truth.any():
            found[name] = diagonal
        else:
            found[name] = _between(ours, truth, spacing_mm)
    return found


def _between(
    ours: Bool[Tensor, "depth height width"], truth: Bool[Tensor, "depth height width"], spacing_mm: float
) -> float:
    from monai.metrics.hausdorff_distance import compute_hausdorff_distance  # takes seconds to import

    pair = [one_hot(mask.long(), 2).movedim(-1, 0)[None] for mask in (ours, truth)]
    with warnings.catch_warnings():  # MONAI 1.6 still hands an argument of its own on that it has deprecated
        warnings.simplefilter("ignore", FutureWarning)
        return float(compute_hausdorff_distance(*pair, percentile=PERCENTILE, spacing=spacing_mm))
