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
from bench.defenses.training import TRAINING_PRESETS, Trained
from bench.models.inference import predict
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Trainer


@final
@dataclass(frozen=True, kw_only=True)
class NoProxy(Trained, Defense[None]):
    """Send the scan, get its segmentation."""

    name: ClassVar[str] = "no-proxy"
    summary: ClassVar[str] = "send the clean scan (upper bound of utility and of leakage)"
    source: ClassVar[str] = "Kim et al., Mixup-Privacy, 2023, Tables 1 and 2, rows Baseline and No Proxy"
    family: ClassVar[str] = "no-proxy"
    randomised: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = TRAINING_PRESETS

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train S on clean patches."""
        from bench.models.unetpp import UNetPlusPlus

        server = UNetPlusPlus(1, len(cohort.classes), self.widths)
        objective = _CleanSegmentation(server, len(cohort.classes))
        sampler = PatchSampler.of(cohort, patch=self.patch, batch=self.batch_size, device=trainer.device)
        history = trainer.fit("segmenter", [Phase("segmenter", objective, objective)], sampler, self.schedule)
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
