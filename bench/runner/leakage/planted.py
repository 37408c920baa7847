"""Planted leaks: defenses that are known to hide little or nothing. An attack that misses them proves nothing.

None of them learns anything, so they cost only the attack itself. The server segments by intensity, which is enough for
a reply that says something about the image. Its classes are the cohort's, each at the intensity that it really has:
label maps are judged against true ones, and whoever reads a reply must not be blamed for classes that mean something
else in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from bench import seeds
from bench.defense import Defense, Networks
from bench.models.segmentation_loss import one_hot
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import History, Trainer

Image = Float[Tensor, "1 depth height width"]
Labels = UInt8[Tensor, "depth height width"]
Maps = Float[Tensor, "query class depth height width"]


class IntensityServer(nn.Module):
    """Soft maps of classes that stand for bands of intensity.

    Args:
        centres: intensity of every class.
    """

    def __init__(self, centres: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("centres", torch.tensor(list(centres)))

    @classmethod
    def of(cls, cohort: Cohort) -> "IntensityServer":
        """The server whose bands lie where the classes of these scans do on average; the background at 0."""
        images = torch.stack([scan.image[0] for scan in cohort])
        labels = torch.stack([scan.labels for scan in cohort])
        means = [float(images[labels == label].mean()) for label in range(1, len(cohort.classes))]
        return cls([0.0, *means])

    def forward(
        self, x: Float[Tensor, "batch channel depth height width"]
    ) -> Float[Tensor, "batch class depth height width"]:
        """Scores: minus the squared distance from each band's centre."""
        assert isinstance(self.centres, Tensor)
        return -100 * (x.mean(dim=1, keepdim=True) - self.centres[None, :, None, None, None]) ** 2


@dataclass(frozen=True, kw_only=True)
class PlantedLeak(Defense[Any]):
    """What all planted leaks share: nothing is learned, and the reply is taken as it is."""

    summary: ClassVar[str] = "a planted leak"
    source: ClassVar[str] = "the known-answer checks of this suite"
    family: ClassVar[str] = "planted"

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Nothing to learn."""
        return Networks(nn.Identity(), IntensityServer.of(cohort).to(trainer.device), History())

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> Any:
        """No secret unless a leak says otherwise."""
        return None

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """Bands of intensity."""
        return Reply(server(release.queries).softmax(dim=1))

    def recover(self, reply: Reply, key: Any, client: nn.Module) -> Probabilities:
        """The reply."""
        return reply.maps.mean(dim=0)


@final
@dataclass(frozen=True, kw_only=True)
class Identity(PlantedLeak):
    """The scan itself."""

    name: ClassVar[str] = "identity"
    randomised: ClassVar[bool] = False

    def protect(self, image: Image, key: Any, client: nn.Module) -> Release:
        """The image."""
        return Release(image[None])

    def training_key(self, rng: np.random.Generator, others: Sequence[Scan]) -> None:
        """No secret."""
        return None

    def training_labels(self, labels: Labels, key: None, classes: int) -> Maps:
        """The labels."""
        return one_hot(labels[None], classes)


@final
@dataclass(frozen=True, kw_only=True)
class NearlyNaked(PlantedLeak):
    """A mixture that is 95 % target."""

    name: ClassVar[str] = "alpha-0.95"

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> Scan:
        """A random reference."""
        return references[int(rng.integers(len(references)))]

    def protect(self, image: Image, key: Scan, client: nn.Module) -> Release:
        """.95 x + .05 x_ref."""
        return Release((0.95 * image + 0.05 * key.image.to(image.device))[None])

    def training_key(self, rng: np.random.Generator, others: Sequence[Scan]) -> Scan:
        """The same among the others."""
        return self.draw_key(rng, others)

    def training_labels(self, labels: Labels, key: Scan, classes: int) -> Maps:
        """.95 y + .05 y_ref."""
        return 0.95 * one_hot(labels[None], classes) + 0.05 * one_hot(key.labels[None], classes)


@final
@dataclass(frozen=True, kw_only=True)
class OneReference(PlantedLeak):
    """An even mixture with the same reference for everyone: what differs between two releases is the patient."""

    name: ClassVar[str] = "one-reference"
    randomised: ClassVar[bool] = False

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> Image:
        """The first reference, always."""
        return references[0].image

    def protect(self, image: Image, key: Image, client: nn.Module) -> Release:
        """.5 x + .5 x_ref."""
        return Release((0.5 * image + 0.5 * key.to(image.device))[None])


@final
@dataclass(frozen=True, kw_only=True)
class LinearEncoder(PlantedLeak):
    """A fixed random 3x3x3 filter, the same for everyone, scaled to [0, 1]."""

    name: ClassVar[str] = "linear-encoder"
    randomised: ClassVar[bool] = False

    def protect(self, image: Image, key: Any, client: nn.Module) -> Release:
        """The filtered image, with positive weights that sum to 1."""
        weights = seeds.generator("planted", "linear encoder").random((1, 1, 3, 3, 3))
        kernel = torch.from_numpy(weights / weights.sum()).to(image.device, image.dtype)
        return Release(F.conv3d(image[None], kernel, padding=1))


LEAKS: tuple[PlantedLeak, ...] = (Identity(), NearlyNaked(), OneReference(), LinearEncoder())
