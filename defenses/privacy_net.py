"""Privacy-Net: an encoder that keeps what segmentation needs and loses what tells who it is.

Source: Kim, Dolz, Jodoin, Desrosiers, "Privacy-Net: An adversarial approach for identity-obfuscated segmentation of
medical images", IEEE TMI 40(7), 2021 (arXiv 1909.04087), and the authors' public code for the networks.
Secret: nothing but the encoder's weights, which stay in the hospital; there is no key, so one scan is always sent the
same way. Public: the answer is a plain segmentation of the scan. Whoever sees replies sees the anatomy; the encoder
hides nothing there.
Differs from the paper: the server's network is the suite's U-Net++, so that utilities compare; the encoder minimises
the bounded confusion of the adversary unless `adversary_loss` says -CE; Dice is averaged over the foreground classes
instead of divided by all; patches are centred on brain voxels; the adversary also sees the difference of embeddings.
Left open: lambda (our grid: 1, 10, 100).
Judged: never by the adversary that it was trained against, which is thrown away; by attacks that it never met, among
them `reid-siamese`, which is trained anew on its releases, and `invert-encoder`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.pairs import Pairs, PairSampler
from bench.defense import Defense, Networks
from bench.defenses.adversary import (
    ADVERSARY_LOSSES,
    AdversaryLoss,
    AdversaryObjective,
    SmallOrDense,
    make_adversary,
)
from bench.defenses.training import TRAINING_PRESETS, Trained
from bench.models.inference import predict
from bench.models.segmentation_loss import one_hot
from bench.models.siamese import Siamese
from bench.plugin import require_at_least
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Trainer

_SMALL: Mapping[str, Any] = {"adversary": "small"}


@final
@dataclass(frozen=True, kw_only=True)
class PrivacyNet(Trained, Defense[None]):
    """Send E(x), get the segmentation of x.

    Attributes:
        iterations: steps, each one of Adam for encoder and segmenter and one for the adversary (paper: 500 epochs).
        batch_size: pairs of patches in a step.
        patch: edge of the training cubes in voxels (paper: 64).
        encoder_widths: channels per level of the encoder, a U-Net.
        adversary: `densenet121` as in the paper, or `small`.
        adversary_widths: channels of the small adversary's convolutions.
        adversary_loss: what the encoder minimises: `confusion` (bounded) or `negative_ce` (published).
        adversary_weight: lambda.
    """

    name: ClassVar[str] = "privacy-net"
    summary: ClassVar[str] = (
        "send an encoding learned against an adversary that never judges it (reply is a plain segmentation)"
    )
    source: ClassVar[str] = "Kim et al., Privacy-Net, IEEE TMI 40(7), 2021"
    family: ClassVar[str] = "privacy-net"
    randomised: ClassVar[bool] = False
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {**TRAINING_PRESETS["smoke"], **_SMALL, "encoder_widths": (4, 8), "adversary_widths": (8, 16, 32)},
        "quick": {
            **TRAINING_PRESETS["quick"],
            **_SMALL,
            "encoder_widths": (4, 8, 16),
            "adversary_widths": (8, 16, 32),
        },
        "standard": {**TRAINING_PRESETS["standard"], **_SMALL, "patch": 32},
    }

    patch: int = 64
    encoder_widths: tuple[int, ...] = (16, 32, 64, 128)
    adversary: SmallOrDense = "densenet121"
    adversary_widths: tuple[int, ...] = (16, 32, 64, 128)
    adversary_loss: AdversaryLoss = "confusion"
    adversary_weight: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "encoder_widths", "adversary_widths")
        if self.adversary_weight < 0:
            raise ValueError(f"adversary_weight must be >= 0, got {self.adversary_weight}")

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train E and S in turn with the adversary, one step each per batch.

        Raises:
            BenchError: too few people of the training role have repeated visits.
        """
        from bench.models.unet import UNet
        from bench.models.unetpp import UNetPlusPlus

        sampler = PairSampler.of(cohort, patch=self.patch, batch=self.batch_size, device=trainer.device)
        client = nn.Sequential(UNet(1, 1, self.encoder_widths), nn.Sigmoid())
        server = UNetPlusPlus(1, len(cohort.classes), self.widths)
        adversary = make_adversary(self.adversary, self.adversary_widths)
        objective = PrivacyNetObjective(client, server, adversary, len(cohort.classes), self)
        turns = [
            Phase("encoder", objective, nn.ModuleList([client, server])),
            Phase("adversary", AdversaryObjective(adversary, EncodedPairs(client)), adversary),
        ]
        history = trainer.fit("privacy-net", turns, sampler, self.schedule)
        return Networks(client=client, server=server, history=history)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> None:
        """There is no key."""
        return None

    def protect(self, image: Float[Tensor, "1 depth height width"], key: None, client: nn.Module) -> Release:
        """Z = E(x)."""
        return Release(predict(client, image[None]))

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """softmax(S(z)), a plain segmentation of the scan."""
        return Reply(predict(lambda z: server(z).softmax(dim=1), release.queries))

    def recover(self, reply: Reply, key: None, client: nn.Module) -> Probabilities:
        """The reply itself."""
        return reply.maps[0]


class EncodedPairs(nn.Module):
    """E of both scans of every pair."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pairs: Pairs, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Z and z_r; there is nothing to draw."""
        batch, two = pairs.images.shape[:2]
        z = self.encoder(pairs.images.flatten(0, 1)).unflatten(0, (batch, two))
        return z[:, 0], z[:, 1]


class PrivacyNetObjective(nn.Module):
    """Dice(S(E(x)), y) + Dice(S(E(x_r)), y_r) + lambda times what the adversary must not know."""

    def __init__(
        self, client: nn.Module, server: nn.Module, adversary: Siamese, classes: int, settings: PrivacyNet
    ) -> None:
        super().__init__()
        self.encode, self.server, self.adversary = EncodedPairs(client), server, adversary
        self.classes, self.weight = classes, settings.adversary_weight
        self.fool = ADVERSARY_LOSSES[settings.adversary_loss]

    def forward(self, pairs: Pairs, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss terms of encoder and segmenter."""
        z, z_r = self.encode(pairs, rng)
        y = one_hot(torch.cat([pairs.labels[:, 0], pairs.labels[:, 1]]), self.classes)
        return {
            "segmentation": 2 * linear_dice_loss(self.server(torch.cat([z, z_r])), y),
            "adversary": self.weight * self.fool(self.adversary(z, z_r), pairs.same),
        }


def linear_dice_loss(
    scores: Float[Tensor, "batch classes depth height width"], target: Float[Tensor, "batch classes depth height width"]
) -> Float[Tensor, ""]:
    """1 - (2 sum pg + 1) / (sum p + sum g + 1), mean over batch and foreground classes."""
    from monai.losses import DiceLoss

    loss: Tensor = DiceLoss(include_background=False, softmax=True, smooth_nr=1.0, smooth_dr=1.0)(scores, target)
    return loss
