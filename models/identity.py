"""Two descriptions of a release by which its person may be known: filtered frequencies, and pooled features.

Source: the matched filter for coloured noise (weights of frequencies, here learnt); the encoder of Privacy-Net's
discriminator (`bench.models.siamese`) with average and maximum pooling side by side (Packhaeuser et al., Sci Rep 12,
2022, public code).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Coordinates = Float[Tensor, "release filtered frequency"]
Small = Float[Tensor, "release look depth height width"]


class FrequencyFilter(nn.Module):
    """Cosine coordinates, standardised, times weights that depend on their frequency alone; unit length.

    Few parameters, as the attacker has few scans. It starts as a matched filter: without a step of training,
    coordinates are divided by variance^(whiten / 2).

    Args:
        radii: how high each frequency is, in [0, 1].
        looks: descriptions of a release that are joined, each with weights of its own.
        whiten: exponent in [0, 1].
        knots: weights are interpolated between so many radii.
    """

    mean: Tensor
    variance: Tensor
    hats: Tensor

    def __init__(self, radii: Float[Tensor, " frequency"], looks: int, whiten: float = 0.75, knots: int = 8) -> None:
        super().__init__()
        self.whiten = whiten
        places = torch.linspace(0, 1, knots)
        self.register_buffer("hats", (1 - (radii[:, None] - places).abs() * (knots - 1)).clamp(min=0), persistent=False)
        self.register_buffer("mean", torch.zeros(looks, len(radii)))
        self.register_buffer("variance", torch.ones(looks, len(radii)))
        self.log_weight = nn.Parameter(torch.zeros(looks, knots))

    def standardise(self, mean: Tensor, variance: Tensor) -> None:
        """Keep the mean and variance of what it is trained on, as batch norm does."""
        self.mean.copy_(mean)
        self.variance.copy_(variance)

    def forward(
        self, x: Coordinates, mean: Float[Tensor, "filtered frequency"] | None = None
    ) -> Float[Tensor, "release feature"]:
        """Unit vectors.

        Args:
            mean: what is common to all releases that are compared; None for that of the training.
        """
        centred = x - (self.mean if mean is None else mean)
        scale = self.variance ** (self.whiten / 2)
        weighted = centred / scale * (self.log_weight @ self.hats.T).exp()
        return F.normalize(weighted.flatten(1), dim=1)


class PooledFeatures(nn.Module):
    """Strided convolutions, then mean and maximum over octants of the head; unit length.

    Args:
        looks: channels of a release.
        widths: channels after each convolution, multiples of 4.
        grid: pooled to so many cells an axis: where something is belongs to who it is.
    """

    def __init__(self, looks: int, widths: Sequence[int], grid: int = 2) -> None:
        super().__init__()
        if not widths or any(width < 4 or width % 4 for width in widths):
            raise ValueError(f"widths must be multiples of 4, got {tuple(widths)}")
        layers: list[nn.Module] = []
        for before, width in zip((looks, *widths), widths, strict=False):
            # Group norm, as in `small_siamese`: batch norm would tell a release about the others in its batch.
            layers += [nn.Conv3d(before, width, 3, stride=2, padding=1), nn.GroupNorm(4, width), nn.LeakyReLU(0.2)]
        self.convolutions, self.grid = nn.Sequential(*layers), grid

    def forward(self, x: Small) -> Float[Tensor, "release feature"]:
        """Unit vectors."""
        features = self.convolutions(x)
        pooled = torch.cat(
            [F.adaptive_avg_pool3d(features, self.grid), F.adaptive_max_pool3d(features, self.grid)], dim=1
        )
        return F.normalize(pooled.flatten(1), dim=1)
