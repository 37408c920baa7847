"""Cutting volumes into overlapping cubes, and putting them together again by their mean."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Place = tuple[slice, slice, slice]
OVERLAP = 0.25
"""Share of a cube's edge that it shares with the next one."""


def places(shape: Sequence[int], edge: int) -> list[Place]:
    """Where cubes that cover a volume lie; the last of a row is moved back into it."""
    from monai.data.utils import dense_patch_slices

    edges = [min(edge, side) for side in shape]
    found: list[Place] = dense_patch_slices(shape, edges, [max(1, round(one * (1 - OVERLAP))) for one in edges])
    return found


def cut(
    volume: Float[Tensor, "mixture 1 depth height width"], where: Sequence[Place]
) -> Float[Tensor, "tile mixture 1 tile_depth tile_height tile_width"]:
    """The cubes of a volume."""
    return torch.stack([volume[:, :, *place] for place in where])


def stitched(
    tiles: Float[Tensor, "tile 1 tile_depth tile_height tile_width"],
    where: Sequence[Place],
    shape: Sequence[int],
) -> Float[Tensor, "1 depth height width"]:
    """The volume in which cubes that overlap agree on their mean."""
    total, count = tiles.new_zeros((1, *shape)), tiles.new_zeros((1, *shape))
    for tile, place in zip(tiles, where, strict=True):
        total[:, *place] += tile
        count[:, *place] += 1
    return total / count
