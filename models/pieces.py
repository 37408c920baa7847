"""Cutting a volume into cubes that are protected one by one, and putting them together again."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def cut(
    volume: Float[Tensor, "batch channel depth height width"], edge: int | None
) -> Float[Tensor, "batch_and_piece channel piece_depth piece_height piece_width"]:
    """Non-overlapping cubes of `edge` voxels (zero-padded at the end), piece index fastest; None returns the whole."""
    if edge is None:
        return volume
    missing = [-side % edge for side in volume.shape[2:]]
    padded = F.pad(volume, (0, missing[2], 0, missing[1], 0, missing[0]))
    batch, channel, *sides = padded.shape
    a, b, c = (side // edge for side in sides)
    pieces = padded.reshape(batch, channel, a, edge, b, edge, c, edge)
    pieces = pieces.permute(0, 2, 4, 6, 1, 3, 5, 7)  # batch a b c channel edge edge edge
    return pieces.reshape(batch * a * b * c, channel, edge, edge, edge)


def paste(
    pieces: Float[Tensor, "batch_and_piece channel piece_depth piece_height piece_width"],
    shape: tuple[int, int, int],
    edge: int | None,
) -> Float[Tensor, "batch channel depth height width"]:
    """The volumes of `shape` from which `cut` made the pieces."""
    if edge is None:
        return pieces
    a, b, c = counts(shape, edge)
    channel = pieces.shape[1]
    grid = pieces.reshape(-1, a, b, c, channel, edge, edge, edge).permute(0, 4, 1, 5, 2, 6, 3, 7)
    padded = grid.reshape(-1, channel, a * edge, b * edge, c * edge)
    return padded[:, :, : shape[0], : shape[1], : shape[2]]


def counts(shape: tuple[int, int, int], edge: int | None) -> tuple[int, int, int]:
    """How many pieces along each axis."""
    if edge is None:
        return (1, 1, 1)
    return (-(-shape[0] // edge), -(-shape[1] // edge), -(-shape[2] // edge))
