"""Cohorts of paper size for MS-SSIM: unlike volumes without background, and brains on zero."""

import torch
from torch import Tensor

from bench.data.phantom import Phantom
from bench.dataset import Grid

GRID = Grid((144, 192, 160), 1.0)


def dense(count: int) -> Tensor:
    """Noise that shares half of itself, nowhere zero."""
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(count, 1, *GRID.shape, generator=rng)
    return images.mul_(0.5).add_(0.5 * torch.rand(1, 1, *GRID.shape, generator=rng))


def phantoms() -> Tensor:
    """Eight scans of four made-up people."""
    return torch.stack([scan.image for scan in Phantom(subjects=4, visits=2).load(None, GRID)])


def brains(count: int, scans: Tensor) -> Tensor:
    """These scans, and copies of them that are shifted by some voxels, which is as good for the time it takes."""
    copies = [torch.roll(scans, (k % 3 - 1, k // 3 % 3 - 1), dims=(2, 3)) for k in range(-(-count // len(scans)))]
    return torch.cat(copies)[:count]
