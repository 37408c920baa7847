"""Random signs of voxels, put back by what everybody's brain looks like.

Source: signs alone hide nothing but one bit a voxel (Carlini et al., "Is private learning possible with instance
encoding?", S&P 2021, who go on with absolute values); the estimate is ours.

A release is s (m - c) with s = -1 or 1 at random in every voxel, m a mixture of brains and c the level that counts as
zero. Before it is seen, m - c is about Gaussian with mean b - c, b the mean brain, and some variance v. Its magnitude a
seen, two values are left, a and -a, and the mean over both is a tanh(a (b - c) / v): where brains lie far from c on one
side the sign is no secret at all, and where they lie around it nothing is claimed.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Queries = Float[Tensor, "query channel depth height width"]
SURELY = 2.0
"""How many times as coherent as coins signs may be over releases to count as coins."""
LEAST_VARIANCE = 1e-4
"""Of intensities in [0, 1]: a hundredth of the range, below what any scanner and any head leave constant."""


def tossed(releases: Sequence[Queries], inside: Bool[Tensor, "1 depth height width"]) -> bool:
    """Whether signs inside the brain are as independent over releases as coins.

    A voxel's mean sign over n coins is sqrt(2 / (pi n)) away from 0 on average; images, noisy images and fixed filters
    of images keep to one sign in most voxels.
    """
    signs = torch.stack([queries[0].mean(dim=0)[inside[0]].sign() for queries in releases])
    coins = math.sqrt(2 / (math.pi * len(signs)))
    return float(signs.mean(dim=0).abs().mean()) < SURELY * coins < 1


def restored(releases: Sequence[Queries], own: Float[Tensor, "scan 1 depth height width"]) -> list[Queries]:
    """Releases with the posterior mean of their signs; on the scale of images.

    Args:
        releases: of one channel, signs tossed anew for every query.
        own: the attacker's own scans.
    """
    atlas = own.mean(dim=0)
    magnitudes = [queries.abs() for queries in releases]
    centre = _centre(magnitudes, own)
    power = torch.stack([found.square().mean(dim=0) for found in magnitudes]).mean(dim=0)
    expected = atlas - centre
    variance = (power - expected.square()).clamp(min=LEAST_VARIANCE)
    return [centre + found * torch.tanh(found * expected / variance) for found in magnitudes]


def _centre(magnitudes: Sequence[Queries], own: Float[Tensor, "scan 1 depth height width"]) -> float:
    """The level that counts as zero: outside of all heads every image is 0, and a release c in magnitude."""
    outside = own.amax(dim=0) == 0
    if not bool(outside.any()):
        return float(own[own > 0].mean())
    return float(torch.stack([found[:, :, outside[0]].median() for found in magnitudes]).median())
