"""Defenses that send the scan itself, altered; the server's answer is used as it comes."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.patches import Patches, PatchSampler
from bench.defense import Defense, KeyT, Networks
from bench.defenses.training import Trained
from bench.models.inference import predict
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.types.scan import Cohort
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Trainer

PatchImages = Float[Tensor, "batch 1 edge edge edge"]


@dataclass(frozen=True, kw_only=True)
class Altered(Trained, Defense[KeyT]):
    """What the yardsticks share: one segmenter, trained over the whole range of the alteration."""

    @property
    @abstractmethod
    def context(self) -> int:
        """Voxels around a patch on which its altered voxels depend: cut with it, altered, and cut off again."""

    @abstractmethod
    def alter(self, x: PatchImages, rng: torch.Generator) -> PatchImages:
        """Training patches as the server may see them, each at its own strength of the alteration."""

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train S on altered patches and clean labels."""
        from bench.models.unetpp import UNetPlusPlus

        server = UNetPlusPlus(1, len(cohort.classes), self.widths)
        objective = _AlteredSegmentation(server, self, len(cohort.classes))
        cube = min(self.patch + 2 * self.context, *cohort.shape)  # at the border of a small volume there is less
        sampler = PatchSampler.of(cohort, patch=max(cube, self.patch), batch=self.batch_size, device=trainer.device)
        history = trainer.fit("segmenter", [Phase("segmenter", objective, objective)], sampler, self.schedule)
        return Networks(client=nn.Identity(), server=server, history=history)

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """S of every query."""
        return Reply(predict(lambda x: server(x).softmax(dim=1), release.queries))

    def recover(self, reply: Reply, key: KeyT, client: nn.Module) -> Probabilities:
        """The mean of the answers."""
        return reply.maps.mean(dim=0)


class _AlteredSegmentation(nn.Module):
    def __init__(self, server: nn.Module, defense: Altered[KeyT], classes: int) -> None:
        super().__init__()
        self.server, self.defense, self.classes = server, defense, classes

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Tensor]:
        edge = self.defense.patch
        start = (patches.labels.shape[-1] - edge) // 2
        middle = (..., *3 * (slice(start, start + edge),))
        x = self.defense.alter(patches.images[:, 0], rng)[middle]
        target = one_hot(patches.labels[:, 0][middle], self.classes)
        return {"segmentation": segmentation_loss(self.server(x), target)}
