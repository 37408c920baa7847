"""Mixup-Privacy: mix the scan with a secret reference, let the server segment the mixture, unmix its answer.

Source: Kim, Dolz, Jodoin, Desrosiers, "Mixup-Privacy: A simple yet effective approach for privacy-preserving
segmentation", 2023, Eq. 2-6.
Secret (the key): the reference scans with their labels and the weights alpha. Public: everything else.
Differs from the paper: at test time a whole volume is mixed with one reference and one alpha by default
(`alpha_scope=patch` mixes cube by cube, without overlap).
Left open by the paper: the law of alpha at test time (ours: uniform, as in training), the reference pool at test time
(ours: scans of people of no other role), where a reference patch is cut (ours: where the target's is), and the Dice
loss on soft labels (ours: the squared form, see `bench.models.segmentation_loss`).
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from bench.data.patches import PatchSampler
from bench.defense import TEST_ONLY, Defense, Networks, Panel
from bench.defenses.mixup.equations import disagreement, mix, unmix_by_network, unmix_naively
from bench.defenses.mixup.key import MixupKey, draw_patchwise_key, draw_volume_key
from bench.defenses.mixup.training import MixupObjective
from bench.defenses.training import TRAINING_PRESETS, Trained
from bench.models.inference import predict
from bench.models.pieces import cut, paste
from bench.models.segmentation_loss import one_hot
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Trainer

SOURCE = "Kim, Dolz, Jodoin, Desrosiers, Mixup-Privacy, 2023, Eq. 2-6"

_QUERIES = {"smoke": 3, "quick": 10, "standard": 15}
_UNMIX_WIDTHS = {"smoke": (8, 8, 16), "quick": (8, 8, 16)}
PRESETS: dict[str, dict[str, Any]] = {
    name: dict(values) | ({"unmix_widths": _UNMIX_WIDTHS[name]} if name in _UNMIX_WIDTHS else {})
    for name, values in TRAINING_PRESETS.items()
}
PRESETS_TTA = {name: values | {"queries": _QUERIES[name]} for name, values in PRESETS.items()}


@dataclass(frozen=True, kw_only=True)
class Mixup(Trained, Defense[MixupKey]):
    """What the four variants share: one trained pair of networks, the mixing, the serving.

    Attributes:
        unmix_widths: channels of the three levels of D's encoder.
        alpha_min: smallest mixing weight, in training and at test time (paper: 0).
        ref_alignment: whether a reference patch is cut where the target's is or at a random place.
        unmix_weight: weight of D's loss beside S's.
        detach_segmentation: keep D's gradient out of S (the paper trains end to end: False).
        dice_squared: the squared V-Net Dice, which soft labels need.
        queries: K, the number of mixtures sent per scan.
        alpha_test: law of alpha at test time; `fixed` takes `alpha_value`.
        alpha_value: alpha under `fixed`, in (0, 1].
        alpha_grid: values of a fixed alpha at which Dice is reported beside the headline.
        alpha_scope: one alpha and reference per volume, or one per cube of `patch` voxels.
        alpha_shared: one alpha for all K queries (Eq. 5), or one each.
        ref_pool_size: how many references the client holds; None for all of the role.
    """

    family: ClassVar[str] = "mixup"
    dial: ClassVar[str] = "alpha"

    unmix_widths: tuple[int, ...] = (16, 32, 64)
    alpha_min: float = 0.0
    ref_alignment: Literal["same_location", "random_location"] = "same_location"
    unmix_weight: float = 1.0
    detach_segmentation: bool = False
    dice_squared: bool = True
    queries: int = field(default=1, metadata=TEST_ONLY)
    alpha_test: Literal["uniform", "fixed"] = field(default="uniform", metadata=TEST_ONLY)
    alpha_value: float = field(default=0.5, metadata=TEST_ONLY)
    alpha_grid: tuple[float, ...] = field(default=(0.1, 0.3, 0.5, 0.7, 0.9), metadata=TEST_ONLY)
    alpha_scope: Literal["volume", "patch"] = field(default="volume", metadata=TEST_ONLY)
    alpha_shared: bool = field(default=True, metadata=TEST_ONLY)
    ref_pool_size: int | None = field(default=None, metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.alpha_min < 1:
            raise ValueError(f"alpha_min must be in [0, 1), got {self.alpha_min}")
        if not 0 < self.alpha_value <= 1:
            raise ValueError(f"alpha_value must be in (0, 1], got {self.alpha_value}")
        if not all(0 < value <= 1 for value in self.alpha_grid):
            raise ValueError(f"alpha_grid must hold values in (0, 1], got {self.alpha_grid}")
        if self.queries < 1:
            raise ValueError(f"queries must be >= 1, got {self.queries}")
        if self.ref_pool_size is not None and self.ref_pool_size < 1:
            raise ValueError(f"ref_pool_size must be >= 1 or None, got {self.ref_pool_size}")
        if self.alpha_scope == "volume" and self.ref_alignment == "random_location":
            raise ValueError("ref_alignment=random_location needs alpha_scope=patch: a whole volume has one location")

    @abstractmethod
    def unmix(
        self,
        y_hat_mix: Float[Tensor, "query class depth height width"],
        y_ref: Float[Tensor, "query class depth height width"],
        key: MixupKey,
        client: nn.Module,
    ) -> Float[Tensor, "query class depth height width"]:
        """The target's segmentation seen through each query."""

    @abstractmethod
    def weigh(self, key: MixupKey) -> Float[Tensor, "query 1 _depth _height _width"]:
        """Weight of each query in the mean over K."""

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train S and D end to end on mixtures of two people's patches."""
        from bench.models.unetpp import UNetPlusPlus
        from bench.models.unmixing import UnmixingNet

        classes = len(cohort.classes)
        server, client = UNetPlusPlus(1, classes, self.widths), UnmixingNet(classes, self.unmix_widths)
        objective = MixupObjective(
            server,
            client,
            classes=classes,
            alpha_min=self.alpha_min,
            unmix_weight=self.unmix_weight,
            detach_segmentation=self.detach_segmentation,
            dice_squared=self.dice_squared,
        )
        sampler = PatchSampler.of(
            cohort,
            patch=self.patch,
            batch=self.batch_size,
            group=2,
            location=self.ref_alignment,
            device=trainer.device,
        )
        history = trainer.fit("mixup", [Phase("mixup", objective, objective)], sampler, self.schedule)
        return Networks(client=client, server=server, history=history)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> MixupKey:
        """K references without replacement and their weights."""
        pool = references[: self.ref_pool_size]
        fixed = self.alpha_value if self.alpha_test == "fixed" else None
        if self.alpha_scope == "volume":
            return draw_volume_key(
                rng,
                pool,
                queries=self.queries,
                alpha_min=self.alpha_min,
                alpha_fixed=fixed,
                alpha_shared=self.alpha_shared,
            )
        return draw_patchwise_key(
            rng,
            pool,
            queries=self.queries,
            piece=self.patch,
            alpha_min=self.alpha_min,
            alpha_fixed=fixed,
            alpha_shared=self.alpha_shared,
            random_location=self.ref_alignment == "random_location",
        )

    def protect(self, image: Float[Tensor, "1 depth height width"], key: MixupKey, client: nn.Module) -> Release:
        """x_mix^k = alpha x + (1 - alpha) x_ref^k, Eq. (2) and (5)."""
        key = key.to(image.device)
        return Release(mix(image[None], key.images, key.alpha), key.piece)

    def training_key(self, rng: np.random.Generator, others: Sequence[Scan]) -> MixupKey:
        """One reference among other training scans and one alpha of the training's law, U(alpha_min, 1]."""
        return draw_volume_key(rng, others, queries=1, alpha_min=self.alpha_min, alpha_fixed=None, alpha_shared=True)

    def training_labels(
        self, labels: UInt8[Tensor, "depth height width"], key: MixupKey, classes: int
    ) -> Float[Tensor, "query class depth height width"]:
        """y_mix, Eq. (3)."""
        return mix(one_hot(labels[None], classes), one_hot(key.labels, classes), key.alpha)

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """softmax(S(x_mix^k)); cube by cube if the client mixed cube by cube."""
        pieces = cut(release.queries, release.piece)
        maps = predict(lambda x: server(x).softmax(dim=1), pieces)
        shape = tuple(release.queries.shape[2:])
        return Reply(paste(maps, (shape[0], shape[1], shape[2]), release.piece))

    def recover(self, reply: Reply, key: MixupKey, client: nn.Module) -> Probabilities:
        """The mean over queries of the unmixed maps, Eq. (6)."""
        return self.pool(self.decode(reply, key, client), key)

    def decode(self, reply: Reply, key: MixupKey, client: nn.Module) -> Float[Tensor, "query class depth height width"]:
        """The unmixed map of each query."""
        y_hat_mix = reply.maps
        key = key.first(len(reply)).to(y_hat_mix.device)
        return self.unmix(y_hat_mix, one_hot(key.labels, y_hat_mix.shape[1]), key, client)

    def pool(self, decoded: Float[Tensor, "query class depth height width"], key: MixupKey) -> Probabilities:
        """Their weighted mean, Eq. (6)."""
        weight = self._weight(decoded, key)
        return (weight * decoded).sum(dim=0) / weight.sum(dim=0)

    def uncertainty_of(
        self, decoded: Float[Tensor, "query class depth height width"], key: MixupKey
    ) -> Float[Tensor, "depth height width"] | None:
        """How much they differ; None for a single one."""
        return disagreement(decoded, self._weight(decoded, key)) if len(decoded) > 1 else None

    def _weight(self, decoded: Tensor, key: MixupKey) -> Tensor:
        return self.weigh(key.first(len(decoded)).to(decoded.device))

    def dialled(self) -> Mapping[float, Defense[Any]]:
        """The same defense with alpha fixed at each value of `alpha_grid`; references stay those of the headline."""
        return {
            value: replace(self, alpha_test="fixed", alpha_value=value, queries=1) for value in sorted(self.alpha_grid)
        }

    def amplified(self, release: Release, key: MixupKey) -> Float[Tensor, "channel depth height width"]:
        """x_mix / alpha, averaged over queries."""
        return (release.queries / key.alpha.to(release.queries.device)).mean(dim=0)

    def concealed(self, key: MixupKey) -> Mapping[str, Float[Tensor, "depth height width"]]:
        """The first reference."""
        return {f"reference, alpha {float(key.alpha[0].mean()):.2f}": key.images[0, 0]}

    def illustrate(self, scan: Scan, key: MixupKey, networks: Networks) -> list[list[Panel]]:
        """Fig. 2: the target, then per reference its mixture, the server's map and both ways to unmix it."""
        key = key.first(3).to(scan.image.device)
        release = self.protect(scan.image, key, networks.client)
        reply = self.serve(release, networks.server)
        y_ref = one_hot(key.labels, reply.maps.shape[1])
        naive = unmix_naively(reply.maps, y_ref, key.alpha)
        learned = unmix_by_network(networks.client, reply.maps, y_ref, key.alpha, key.piece)
        top = [
            Panel("target", scan.image[0], is_label=False),
            Panel("truth", scan.labels, is_label=True),
            Panel(f"recovered, K = {len(key)}: naive", naive.mean(dim=0).argmax(dim=0), is_label=True),
            Panel(f"recovered, K = {len(key)}: learned", learned.mean(dim=0).argmax(dim=0), is_label=True),
        ]
        rows = [top]
        for k in range(len(key)):
            weight = f"alpha {float(key.alpha[k].mean()):.2f}"
            rows.append(
                [
                    Panel(f"reference {k + 1}", key.images[k, 0], is_label=False),
                    Panel(f"mixture, {weight}", release.queries[k, 0], is_label=False),
                    Panel("server's map", reply.maps[k].argmax(dim=0), is_label=True),
                    Panel("naive", naive[k].argmax(dim=0), is_label=True),
                    Panel("learned", learned[k].argmax(dim=0), is_label=True),
                ]
            )
        return rows
