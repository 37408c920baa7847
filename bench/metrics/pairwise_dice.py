"""Dice overlap between all pairs of label maps: who looks like whom, by anatomy alone."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

CHUNK = 2**20
"""Voxels counted at once: their number stays exact in single precision, and their masks fit into memory."""


def pairwise_dice(
    maps: UInt8[Tensor, "map depth height width"], others: UInt8[Tensor, "other depth height width"], classes: int
) -> Float[Tensor, "map other"]:
    """Mean over foreground classes of `2 |P and T| / (|P| + |T|)` of every pair, in [0, 1].

    A class that is in neither map of a pair is left out of its mean, as in `bench.metrics.dice`; two maps without any
    foreground agree and have 1.

    Args:
        classes: number of classes, the background among them.

    Source: Dice, Ecology 1945.
    """
    rows, columns = maps.flatten(1), others.flatten(1)
    total = torch.zeros(len(rows), len(columns), dtype=torch.float64, device=maps.device)
    present = torch.zeros_like(total)
    for label in range(1, classes):
        common = torch.zeros_like(total)
        sizes = torch.zeros_like(total)
        for start in range(0, rows.shape[1], CHUNK):
            p = (rows[:, start : start + CHUNK] == label).float()
            t = (columns[:, start : start + CHUNK] == label).float()
            common += p @ t.T
            sizes += p.sum(1)[:, None] + t.sum(1)[None]
        total += 2 * common / sizes.clamp(min=1)
        present += sizes > 0
    mean: Tensor = torch.where(present > 0, total / present.clamp(min=1), torch.ones_like(total)).float()
    return mean
