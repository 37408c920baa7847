"""Images as rows of voxels: directions taken out of them, variance evened out, correlations."""

import torch
from jaxtyping import Float
from torch import Tensor

ROUNDING = 1e-5
"""Directions with less than this share of the strongest one's variance are the rounding of the wire."""

Rows = Float[Tensor, "image voxel"]


def spread(deviations: Rows, releases: int) -> Float[Tensor, "axis voxel"] | None:
    """Orthonormal directions in which queries of one release differ; None if they are no fewer than the releases."""
    if len(deviations) == 0:
        return deviations
    values, vectors = torch.linalg.eigh((deviations @ deviations.T).double())
    kept = values > ROUNDING * values[-1].clamp(min=1e-30)
    if not bool(kept.any()):
        return deviations[:0]
    if int(kept.sum()) >= releases:
        return None
    axes = vectors[:, kept].float().T @ deviations
    basis: Tensor = torch.linalg.qr(axes.T).Q.T
    return basis


def without(rows: Float[Tensor, "*image voxel"], axes: Float[Tensor, "axis voxel"]) -> Float[Tensor, "*image voxel"]:
    """The part of each row that is orthogonal to all of these orthonormal axes."""
    return rows - (rows @ axes.T) @ axes


def whitened(rows: Rows, others: Float[Tensor, "other voxel"], count: int) -> Rows:
    """Rows with the variance along the `count` first principal axes of `others` cut down to that of the last of them.

    A pseudo-inverse of what few scans cannot tell would amplify noise; this only ever shrinks.
    """
    if count == 0:
        return rows
    _, deviation, axes = torch.linalg.svd(others, full_matrices=False)
    scale = deviation[count - 1] / deviation[:count].clamp(min=1e-12)
    change: Tensor = ((rows @ axes[:count].T) * (scale - 1)) @ axes[:count]
    return rows + change


def correlations(rows: Rows) -> Float[Tensor, "image image"]:
    """Normalised cross-correlation of all pairs, in [-1, 1]; 0 with a row that is constant."""
    centred = rows - rows.mean(dim=1, keepdim=True)
    unit = centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-12)
    found: Tensor = unit @ unit.T
    return found
