"""No defense: the clean scan is sent.

Source: the "Baseline" / "No Proxy" rows of Kim et al., "Mixup-Privacy", 2023, Tables 1 and 2.
It is the upper bound of utility and of leakage; every other number is read against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from bench.data.patches import Patches, PatchSampler
from bench.defense import Defense, Networks
from bench.models.inference import predict
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Schedule, Trainer

TRAINING_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "smoke": {"iterations": 150, "batch_size": 2, "learning_rate": 2e-3, "patch": 16, "widths": (8, 16)},
    "quick": {"iterations": 600, "batch_size": 2, "learning_rate": 2e-3, "patch": 24, "widths": (8, 16, 32)},
    "standard": {"iterations": 20_000, "learning_rate": 3e-4, "widths": (16, 32, 64, 128)},
}
"""Segmenter settings per preset, shared by the defenses so that their utilities compare."""


@final
@dataclass(frozen=True, kw_only=True)
class NoProxy(Defense[None]):
    """Send the scan, get its segmentation.

    Attributes:
        iterations: steps of Adam (paper: 200,000).
        batch_size: patches in a step (paper: 4).
        learning_rate: Adam's (paper: 1e-4).
        patch: edge of the training cubes in voxels (paper: 32 for PPMI, 64 for BraTS).
        widths: channels per level of the U-Net++.
    """

    name: ClassVar[str] = "no-proxy"
    summary: ClassVar[str] = "send the clean scan (upper bound of utility and of leakage)"
    source: ClassVar[str] = "Kim et al., Mixup-Privacy, 2023, Tables 1 and 2, rows Baseline and No Proxy"
    family: ClassVar[str] = "no-proxy"
    randomised: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = TRAINING_PRESETS

    iterations: int = 200_000
    batch_size: int = 4
    learning_rate: float = 1e-4
    patch: int = 32
    widths: tuple[int, ...] = (32, 64, 128, 256, 512)

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train S on clean patches."""
        from bench.models.unetpp import UNetPlusPlus

        server = UNetPlusPlus(1, len(cohort.classes), self.widths)
        objective = _CleanSegmentation(server, len(cohort.classes))
        sampler = PatchSampler.of(cohort, patch=self.patch, batch=self.batch_size, device=trainer.device)
        schedule = Schedule(iterations=self.iterations, learning_rate=self.learning_rate)
        history = trainer.fit("segmenter", [Phase("segmenter", objective, objective)], sampler, schedule)
        return Networks(client=nn.Identity(), server=server, history=history)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> None:
        """There is no secret."""
        return None

    def protect(self, image: Float[Tensor, "1 depth height width"], key: None, client: nn.Module) -> Release:
        """The image itself."""
        return Release(image[None])

    def training_key(self, rng: np.random.Generator, others: Sequence[Scan]) -> None:
        """There is no secret."""
        return None

    def training_labels(
        self, labels: UInt8[Tensor, "depth height width"], key: None, classes: int
    ) -> Float[Tensor, "query class depth height width"]:
        """The labels themselves."""
        return one_hot(labels[None], classes)

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """S(x)."""
        return Reply(predict(lambda x: server(x).softmax(dim=1), release.queries))

    def recover(self, reply: Reply, key: None, client: nn.Module) -> Probabilities:
        """The reply itself."""
        return reply.maps[0]


class _CleanSegmentation(nn.Module):
    def __init__(self, server: nn.Module, classes: int) -> None:
        super().__init__()
        self.server, self.classes = server, classes

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Tensor]:
        target = one_hot(patches.labels[:, 0], self.classes)
        return {"segmentation": segmentation_loss(self.server(patches.images[:, 0]), target)}
