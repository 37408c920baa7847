"""Filters against scans: correlation with what is left of a scan without the mean brain."""

import torch
from jaxtyping import Float
from torch import Tensor

ROUNDING = 1e-6
"""Share of a row's length below which what is left of it is rounding."""


def filter_matrix(
    filters: Float[Tensor, "filter 1 depth height width"],
    scans: Float[Tensor, "scan 1 depth height width"],
    atlas: Float[Tensor, "1 depth height width"],
) -> Float[Tensor, "filter scan"]:
    """Normalised cross-correlation of every filter with every scan, in [-1, 1].

    The atlas and a constant are taken out of both by least squares, over the voxels where the atlas or any scan is not
    zero. 0 where nothing is left of either.
    """
    inside = (atlas > 0) | (scans > 0).any(dim=0)
    common = torch.linalg.qr(torch.stack([atlas[inside], torch.ones_like(atlas[inside])], dim=1).double()).Q
    rows = [volumes[:, inside].double() for volumes in (filters, scans)]
    left = [of - (of @ common) @ common.T for of in rows]
    unit = [_unit(after, before) for after, before in zip(left, rows, strict=True)]
    found: Tensor = (unit[0] @ unit[1].T).float()
    return found


def _unit(after: Tensor, before: Tensor) -> Tensor:
    """Rows of length one; 0 where less than rounding is left of what was there before."""
    size, whole = after.norm(dim=1, keepdim=True), before.norm(dim=1, keepdim=True)
    return torch.where(size > ROUNDING * whole, after / size.clamp(min=1e-30), 0.0)
