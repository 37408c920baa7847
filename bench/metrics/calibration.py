"""Does an uncertainty say where a segmentation is wrong?

Only its order counts: a variance over queries is on no scale of probabilities, so what is asked is whether wrong voxels
have more of it than right ones, and how the error rate climbs from the surest voxels to the least sure.
"""

import math

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.stats import rankdata
from torch import Tensor

Uncertainties = Float[np.ndarray, " voxel"]
Wrong = Bool[np.ndarray, " voxel"]


def in_question(
    predicted: UInt8[Tensor, "depth height width"], labels: UInt8[Tensor, "depth height width"]
) -> Bool[Tensor, "depth height width"]:
    """Voxels where the prediction or the truth is foreground.

    Air around the head is never in doubt: with it, every uncertainty would rank errors well.
    """
    return (predicted > 0) | (labels > 0)


def error_auroc(uncertainty: Uncertainties, wrong: Wrong) -> float:
    """Chance that a wrong voxel is less sure than a right one, ties by half, in [0, 1]; .5 says nothing.

    NaN if all voxels are right or all are wrong. Source: Hanley and McNeil, Radiology 1982; computed by scikit-learn.
    """
    from sklearn.metrics import roc_auc_score  # takes a second to import

    if not 0 < np.count_nonzero(wrong) < len(wrong):
        return math.nan
    return float(roc_auc_score(wrong, uncertainty))


def error_by_uncertainty(uncertainty: Uncertainties, wrong: Wrong, bins: int = 10) -> Float[np.ndarray, " {bins}"]:
    """Error rate in `bins` equal parts of the voxels, from the surest to the least sure.

    Voxels that tie stay together, in the part of their mean rank; a part that they leave empty is NaN.

    Raises:
        ValueError: fewer than two parts, or an uncertainty that is not finite.
    """
    if bins < 2:
        raise ValueError(f"bins must be >= 2, got {bins}")
    if not np.isfinite(uncertainty).all():
        raise ValueError("uncertainties must be finite; got NaN or infinity")
    part = ((rankdata(uncertainty) - 0.5) / max(1, len(uncertainty)) * bins).astype(int)
    voxels, errors = np.bincount(part, minlength=bins), np.bincount(part, weights=wrong, minlength=bins)
    rates: Float[np.ndarray, " bins"] = np.divide(errors, voxels, out=np.full(bins, np.nan), where=voxels > 0)
    return rates
