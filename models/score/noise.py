"""Noise levels: the standard deviations sigma at which a prior is asked."""

import torch
from jaxtyping import Float
from torch import Tensor


def per_item(
    sigma: float | Float[Tensor, ""] | Float[Tensor, " batch"], x: Float[Tensor, "batch *shape"]
) -> Float[Tensor, " batch"]:
    """One standard deviation for each item of the batch `x`."""
    return torch.as_tensor(sigma, dtype=torch.float32, device=x.device).expand(len(x))


def over_voxels(values: Float[Tensor, " batch"]) -> Float[Tensor, "batch 1 1 1 1"]:
    """Numbers of the items, to be multiplied with their volumes."""
    return values[:, None, None, None, None]


def noise_input(sigma: Float[Tensor, " batch"]) -> Float[Tensor, " batch"]:
    """What a network is told of the noise: c_noise = ln(sigma) / 4 (Karras et al., 2022, Table 1)."""
    return sigma.log() / 4
