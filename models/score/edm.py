"""EDM's preconditioned denoiser.

Source: Karras et al., "Elucidating the design space of diffusion-based generative models", NeurIPS 2022, Table 1 and
Eq. (7).
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.models.score.noise import noise_input, over_voxels, per_item


class Preconditioning(NamedTuple):
    """c_skip, c_out and c_in, to be multiplied with volumes."""

    c_skip: Tensor
    c_out: Tensor
    c_in: Tensor


def preconditioning(sigma: Tensor, sigma_data: Tensor | float) -> Preconditioning:
    """Coefficients under which a network's input and target have unit variance for data of sd `sigma_data`."""
    total = sigma**2 + sigma_data**2
    return Preconditioning(c_skip=sigma_data**2 / total, c_out=sigma * sigma_data * total.rsqrt(), c_in=total.rsqrt())


class EDMDenoiser(nn.Module):
    """D(x, sigma) = c_skip x + c_out F(c_in x, location, ln(sigma) / 4), Eq. (7).

    Differs from the paper: sigma_data may differ from voxel to voxel. The coefficients are derived voxel by voxel, so
    the derivation holds; an untrained network (F = 0) is then the linear estimate that knows each voxel's variance.

    Args:
        network: F, called with (channels, condition).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        x: Float[Tensor, "batch 1 depth height width"],
        sigma: float | Float[Tensor, " batch"],
        location: Float[Tensor, "batch feature depth height width"],
        sigma_data: Float[Tensor, "#batch 1 #depth #height #width"] | float = 1.0,
    ) -> Float[Tensor, "batch 1 depth height width"]:
        """E[x0 | x0 + sigma z = x]."""
        level = per_item(sigma, x)
        c = preconditioning(over_voxels(level), sigma_data)
        told = torch.cat([c.c_in * x, location.to(x.dtype)], dim=1)
        estimate: Tensor = c.c_skip * x + c.c_out * self.network(told, noise_input(level))
        return estimate
