"""What the priors are trained on: telling noise from anatomy, at every noise level."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.patches import Patches
from bench.models.score.atlas import AtlasDenoiser
from bench.models.score.noise import over_voxels


class ScoreMatching(nn.Module):
    """L = 1/2 E sigma_i^2 || s(x + sigma_i z, sigma_i) + z / sigma_i ||^2, i uniform over the levels.

    Source: Song and Ermon, NeurIPS 2019, Eq. (5) and (6) with lambda(sigma) = sigma^2. The norm is a mean over voxels,
    not a sum: Adam sees no difference, and a score of zero has a loss of 1/2 whatever the size of the patch.

    Args:
        score: called with (images, sigma).
        sigmas: the noise levels, in intensities.
    """

    def __init__(self, score: nn.Module, sigmas: Sequence[float]) -> None:
        super().__init__()
        if not sigmas or min(sigmas) <= 0:
            raise ValueError(f"sigmas must be positive numbers, got {tuple(sigmas)}")
        self.score, self.sigmas = score, tuple(sigmas)

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        x = patches.images[:, 0]
        level = torch.randint(len(self.sigmas), (len(x),), generator=rng, device=x.device)
        sigma = torch.tensor(self.sigmas, device=x.device)[level]
        z = _normal(x, rng)
        score = self.score(x + over_voxels(sigma) * z, sigma)
        return {"score matching": (over_voxels(sigma) * score + z).square().mean() / 2}


class Denoising(nn.Module):
    """L = E (sigma^2 + 1) / sigma^2 || D(y + sigma z, sigma) - y ||^2, ln sigma ~ N(mean, sd^2), y a residual.

    Source: Karras et al., NeurIPS 2022, Eq. (2), (8) and Table 1 with sigma_data = 1; the norm is a mean over voxels.

    Args:
        log_sigma_mean, log_sigma_sd: of ln sigma, sigma in residual units (paper: -1.2 and 1.2).
    """

    def __init__(self, prior: AtlasDenoiser, *, log_sigma_mean: float, log_sigma_sd: float) -> None:
        super().__init__()
        if not log_sigma_sd >= 0:
            raise ValueError(f"log_sigma_sd must be >= 0, got {log_sigma_sd}")
        self.prior, self.log_sigma_mean, self.log_sigma_sd = prior, log_sigma_mean, log_sigma_sd

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        starts = patches.starts[:, 0]
        y = self.prior.anatomy.residual(patches.images[:, 0], starts)
        draw = torch.randn(len(y), generator=rng, device=y.device)
        sigma = (self.log_sigma_mean + self.log_sigma_sd * draw).exp()
        noisy = y + over_voxels(sigma) * _normal(y, rng)
        error = (self.prior(noisy, sigma, starts) - y).square().mean(dim=(1, 2, 3, 4))
        return {"denoising": ((sigma**2 + 1) / sigma**2 * error).mean()}


def _normal(like: Tensor, rng: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=rng, device=like.device)
