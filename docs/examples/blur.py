"""Blurring, a yardstick that hides little: the hospital sends a smoothed scan and keeps what it gets back.

Source: an example for docs/defense-plugin.md. Secret: nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from monai.networks.layers import GaussianFilter
from torch import Tensor, nn

from bench.data.patches import Patches, PatchSampler
from bench.defense import Defense, Networks
from bench.models.inference import predict
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.models.unetpp import UNetPlusPlus
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Schedule, Trainer


@final
@dataclass(frozen=True, kw_only=True)
class Blur(Defense[None]):
    """Send a blurred scan.

    Attributes:
        sigma: standard deviation of the Gaussian in voxels, > 0.
        iterations: steps of Adam.
        patch: edge of the training cubes in voxels.
        widths: channels per level of the U-Net++.
    """

    name: ClassVar[str] = "blur"
    summary: ClassVar[str] = "send a blurred scan"
    source: ClassVar[str] = "docs/defense-plugin.md"
    family: ClassVar[str] = "blur"
    randomised: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {"iterations": 150, "patch": 16, "widths": (8, 16)},
        "quick": {"iterations": 600},
    }

    sigma: float = 1.0
    iterations: int = 20_000
    patch: int = 24
    widths: tuple[int, ...] = (8, 16, 32)

    def __post_init__(self) -> None:
        if not self.sigma > 0:
            raise ValueError(f"sigma must be > 0, got {self.sigma}")

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train the server's network on what it will see: blurred patches."""
        server = UNetPlusPlus(1, len(cohort.classes), self.widths)
        objective = _BlurredSegmentation(server, len(cohort.classes), self.sigma)
        sampler = PatchSampler.of(cohort, patch=self.patch, batch=2, device=trainer.device)
        schedule = Schedule(iterations=self.iterations, learning_rate=2e-3)
        history = trainer.fit("blur", [Phase("blur", objective, objective)], sampler, schedule)
        return Networks(client=nn.Identity(), server=server, history=history)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> None:
        """There is no secret."""
        return None

    def protect(self, image: Float[Tensor, "1 depth height width"], key: None, client: nn.Module) -> Release:
        """The blurred image."""
        return Release(GaussianFilter(3, self.sigma)(image[None]))

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """Its segmentation."""
        return Reply(predict(lambda x: server(x).softmax(dim=1), release.queries))

    def recover(self, reply: Reply, key: None, client: nn.Module) -> Probabilities:
        """The reply itself."""
        return reply.maps[0]


class _BlurredSegmentation(nn.Module):
    def __init__(self, server: nn.Module, classes: int, sigma: float) -> None:
        super().__init__()
        self.server, self.classes, self.blur = server, classes, GaussianFilter(3, sigma)

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Tensor]:
        target = one_hot(patches.labels[:, 0], self.classes)
        return {"segmentation": segmentation_loss(self.server(self.blur(patches.images[:, 0])), target)}
