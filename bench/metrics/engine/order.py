"""The order of the work: groups of images that fit the memory, in which tiles of pairs are compared."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float32, Float64
from torch import Tensor

from bench.metrics.msssim import MsSsimSettings, combined

Images = Sequence[Tensor] | Tensor
Progress = Callable[[int, int], None]
P = TypeVar("P")


@dataclass(frozen=True)
class Tile:
    """A rectangle of pairs: first and last (exclusive) row and column.

    Attributes:
        symmetric: whether rows and columns are the same images, so that only pairs above the diagonal count.
    """

    top: int
    bottom: int
    left: int
    right: int
    symmetric: bool

    @property
    def pairs(self) -> int:
        """How many are compared: above the diagonal only, where rows and columns are the same images."""
        if not self.symmetric:
            return (self.bottom - self.top) * (self.right - self.left)
        return sum(max(0, self.right - max(self.left, row + 1)) for row in range(self.top, self.bottom))


def tiles(rows: range, columns: range, symmetric: bool, side: int) -> Iterator[Tile]:
    """These pairs in squares of `side`, those on and above the diagonal only where rows and columns are the same."""
    for top in range(rows.start, rows.stop, side):
        for left in range(columns.start, columns.stop, side):
            if not symmetric or left >= top:
                yield Tile(top, min(top + side, rows.stop), left, min(left + side, columns.stop), symmetric)


def all_pairs(images: Images, others: Images | None) -> int:
    """How many pairs there are."""
    return len(images) * (len(images) - 1) // 2 if others is None else len(images) * len(others)


def each_group(
    images: Images,
    others: Images | None,
    room: int,
    prepare: Callable[[Images], P],
    compare: Callable[[P, int, P, int], None],
) -> None:
    """Compare every pair of groups of images.

    Args:
        room: prepared images that fit the memory at a time; others are prepared again for every group of rows.
        prepare: what is kept of a group.
        compare: is given the rows, where they stand in the matrix, the columns (the same object for a group with
            itself), and where they stand.
    """
    if others is None:
        _among_themselves(images, max(2, room), prepare, compare)
    else:
        _with_others(images, others, max(2, room), prepare, compare)


def _among_themselves(
    images: Images, room: int, prepare: Callable[[Images], P], compare: Callable[[P, int, P, int], None]
) -> None:
    count = len(images)
    size = count if count <= room else room // 2
    for start in range(0, count, size):
        rows = prepare(images[start : start + size])
        compare(rows, start, rows, start)
        for later in range(start + size, count, size):
            compare(rows, start, prepare(images[later : later + size]), later)
        del rows  # before the next ones are made


def _with_others(
    images: Images, others: Images, room: int, prepare: Callable[[Images], P], compare: Callable[[P, int, P, int], None]
) -> None:
    size = min(len(images), room // 2)
    width = min(len(others), room - size)
    for start in range(0, len(images), size):
        rows = prepare(images[start : start + size])
        for first in range(0, len(others), width):
            columns = prepare(others[first : first + width])
            compare(rows, start, columns, first)
            del columns
        del rows  # before the next ones are made


def scores_of(
    terms: Float64[Tensor, "level row column"], settings: MsSsimSettings, symmetric: bool
) -> Float32[Tensor, "row column"]:
    """The matrix from the mean of the term of every scale and pair; of a symmetric one only the upper half is read."""
    scores = combined(terms.flatten(1), settings).float().reshape(terms.shape[1:])
    if symmetric:
        above = scores.triu(1)
        scores = above + above.T + torch.eye(len(scores), device=scores.device)
    return scores
