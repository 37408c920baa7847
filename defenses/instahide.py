"""InstaHide on volumes: mix with three private images, then flip the sign of every voxel at random.

Source: Huang, Song, Li, Arora, "InstaHide: Instance-hiding schemes for private distributed learning", ICML 2020, inside
scheme: k = 4 private images, no weight above .65, one random sign per pixel. Broken by Carlini et al., S&P 2021.
Secret (the key): the references, the weights, the seed of the signs. Public: everything else.
Differs from the paper, which classifies: here the server segments. A map of signs tells nothing without the image, so
the best it can do is to look at |release|. Its answer is a soft map of the mixture, which the client unmixes with a
network, as `mixup-learned` does. With three other people in every mixture little utility is left, and that is the point
of having it on the board.
Left open: the law of the weights (ours: uniform over all that sum to 1, drawn again where one is above the cap); what
intensity counts as zero, on which it depends what a sign hides (ours: the mean over brain voxels of the training scans;
around 0, the darkest value, a sign would hide nothing at all).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import TEST_ONLY
from bench.defenses.mixup.base import PRESETS
from bench.defenses.mixup.many import ManyMixup, Mixtures, mixtures
from bench.defenses.mixup.many_key import ManyKey
from bench.types.scan import Cohort
from bench.types.traffic import Release


@final
@dataclass(frozen=True, kw_only=True)
class InstaHide(ManyMixup):
    """Mix k images, flip signs.

    Attributes:
        cap: largest weight of any image (paper: .65).
    """

    name: ClassVar[str] = "instahide"
    summary: ClassVar[str] = "mix with three secret references and flip the sign of every voxel at random"
    source: ClassVar[str] = "Huang, Song, Li, Arora, InstaHide, ICML 2020"
    family: ClassVar[str] = "instahide"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS

    images: int = 4
    cap: float = 0.65
    alpha_grid: tuple[float, ...] = field(default=(0.1, 0.25, 0.4, 0.5, 0.65), metadata=TEST_ONLY)

    @property
    def largest_weight(self) -> float:
        """The cap."""
        return self.cap

    def networks(self, cohort: Cohort) -> tuple[nn.Module, nn.Module]:
        """D that knows the centre, and S that sees |release|."""
        from bench.models.unetpp import UNetPlusPlus
        from bench.models.unmixing import UnmixingNet

        classes = len(cohort.classes)
        centre = torch.cat([scan.image[scan.image > 0] for scan in cohort]).mean()
        server = _Unsigned(UNetPlusPlus(1, classes, self.widths))
        return _Centred(UnmixingNet(classes, self.unmix_widths, self.images - 1), centre), server

    def encode(self, mixtures: Mixtures, client: nn.Module) -> Mixtures:
        """Centred; weights sum to 1, so this is the mixture of centred images."""
        return mixtures - client.get_buffer("centre")

    def protect(self, image: Float[Tensor, "1 depth height width"], key: ManyKey, client: nn.Module) -> Release:
        """Signs times the mixture of centred images, fresh signs for every query."""
        encoded = self.encode(mixtures(image, key), client)
        return Release(signs(key.seed, encoded.shape).to(image.device) * encoded)


def signs(seed: int, shape: torch.Size) -> Float[Tensor, "query 1 depth height width"]:
    """-1 or 1 with equal chances in every voxel; the masks of fewer queries are the first of more."""
    rng = np.random.default_rng(seed)
    masks = [rng.integers(0, 2, tuple(shape[1:]), dtype=np.int8) for _ in range(shape[0])]
    return torch.from_numpy(2 * np.stack(masks) - 1).float()


class _Unsigned(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.network(x.abs())
        return scores


class _Centred(nn.Module):
    def __init__(self, unmixing: nn.Module, centre: Float[Tensor, ""]) -> None:
        super().__init__()
        self.unmixing = unmixing
        self.register_buffer("centre", centre)

    def forward(self, y_hat_mix: Tensor, y_ref: Tensor, weights: Tensor) -> Tensor:
        scores: Tensor = self.unmixing(y_hat_mix, y_ref, weights)
        return scores
