"""Mixing more than two images: what `mixup-n` and `instahide` share.

The target and N - 1 references are added up with weights that sum to 1, the server segments the mixture, and D unmixes
its answer, knowing the labels of all references and all weights. With N = 2 this is Mixup-Privacy.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.patches import PatchSampler
from bench.defense import TEST_ONLY, Defense, Networks
from bench.defenses.mixup.equations import disagreement, mix_many, unmix_by_network
from bench.defenses.mixup.many_key import ManyKey, draw_many_key
from bench.defenses.mixup.training import ManyObjective
from bench.defenses.training import Trained
from bench.models.inference import predict
from bench.models.segmentation_loss import one_hot
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Trainer

Mixtures = Float[Tensor, "query 1 depth height width"]


@dataclass(frozen=True, kw_only=True)
class ManyMixup(Trained, Defense[ManyKey]):
    """Mix N images, let the server segment the mixture, unmix with a client-side network.

    Attributes:
        batch_size: groups of N patches in a step, all cut at one place.
        unmix_widths: channels of the three levels of D's encoder.
        images: N, how many images are in a mixture, the target among them.
        alpha_min: smallest weight of the target, in training and at test time.
        unmix_weight: weight of D's loss beside S's.
        queries: K, the number of mixtures sent per scan.
        alpha_value: weight of the target at test time; None to draw it, as in training.
        alpha_grid: weights of the target at which Dice and leakage are reported beside the headline.
        ref_pool_size: how many references the client holds; None for all of the role.
    """

    dial: ClassVar[str] = "alpha"

    unmix_widths: tuple[int, ...] = (16, 32, 64)
    images: int = 3
    alpha_min: float = 0.0
    unmix_weight: float = 1.0
    queries: int = field(default=1, metadata=TEST_ONLY)
    alpha_value: float | None = field(default=None, metadata=TEST_ONLY)
    alpha_grid: tuple[float, ...] = field(default=(0.1, 0.3, 0.5, 0.7, 0.9), metadata=TEST_ONLY)
    ref_pool_size: int | None = field(default=None, metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.images < 2:
            raise ValueError(f"images must be >= 2 (the target and a reference), got {self.images}")
        if self.queries < 1:
            raise ValueError(f"queries must be >= 1, got {self.queries}")
        if self.ref_pool_size is not None and self.ref_pool_size < 1:
            raise ValueError(f"ref_pool_size must be >= 1 or None, got {self.ref_pool_size}")
        cap = self.largest_weight
        if not 1 / self.images < cap <= 1:
            raise ValueError(f"{self.images} weights sum to 1 with none above cap={cap:g} only if cap > 1 / images")
        if not 0 <= self.alpha_min < cap:
            raise ValueError(f"alpha_min must be in [0, {cap:g}), got {self.alpha_min}")
        least = max(0.0, 1 - (self.images - 1) * cap)  # what the references cannot take on
        fixed = [*self.alpha_grid, *([] if self.alpha_value is None else [self.alpha_value])]
        if not all(least < value <= cap for value in fixed):
            raise ValueError(f"alpha_value and alpha_grid must be in ({least:g}, {cap:g}], got {fixed}")

    @property
    @abstractmethod
    def largest_weight(self) -> float:
        """No image weighs more, in (0, 1]."""

    @abstractmethod
    def networks(self, cohort: Cohort) -> tuple[nn.Module, nn.Module]:
        """Client and server before training."""

    @abstractmethod
    def encode(self, mixtures: Mixtures, client: nn.Module) -> Mixtures:
        """What of a mixture reaches the server, signs aside."""

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train S and D end to end on mixtures of N people's patches."""
        client, server = self.networks(cohort)
        objective = ManyObjective(
            server,
            client,
            classes=len(cohort.classes),
            alpha_min=self.alpha_min,
            cap=self.largest_weight,
            encode=lambda mixtures: self.encode(mixtures, client),
            unmix_weight=self.unmix_weight,
        )
        sampler = PatchSampler.of(
            cohort, patch=self.patch, batch=self.batch_size, group=self.images, device=trainer.device
        )
        history = trainer.fit("mixup", [Phase("mixup", objective, objective)], sampler, self.schedule)
        return Networks(client=client, server=server, history=history)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> ManyKey:
        """N - 1 references for each of K queries, and the weights."""
        return draw_many_key(
            rng,
            references[: self.ref_pool_size],
            queries=self.queries,
            images=self.images,
            alpha_min=self.alpha_min,
            alpha_fixed=self.alpha_value,
            cap=self.largest_weight,
        )

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """softmax(S(x_mix^k))."""
        return Reply(predict(lambda x: server(x).softmax(dim=1), release.queries))

    def recover(self, reply: Reply, key: ManyKey, client: nn.Module) -> Probabilities:
        """The mean over queries of the unmixed maps, as in Eq. (6) of Mixup-Privacy."""
        return self.pool(self.decode(reply, key, client), key)

    def decode(self, reply: Reply, key: ManyKey, client: nn.Module) -> Float[Tensor, "query class depth height width"]:
        """The unmixed map of each query."""
        maps = reply.maps
        classes, weights = maps.shape[1], key.weights[: len(maps), :-1].to(maps.device)
        labels = [key.labels(k).to(maps.device) for k in range(len(maps))]
        y_ref = torch.stack([one_hot(of_query, classes).flatten(0, 1) for of_query in labels])
        return unmix_by_network(client, maps, y_ref, weights[:, :, None, None, None], None)

    def pool(self, decoded: Float[Tensor, "query class depth height width"], key: ManyKey) -> Probabilities:
        """Their mean."""
        return decoded.mean(dim=0)

    def uncertainty_of(
        self, decoded: Float[Tensor, "query class depth height width"], key: ManyKey
    ) -> Float[Tensor, "depth height width"] | None:
        """How much they differ; None for a single one."""
        return disagreement(decoded, decoded.new_ones(len(decoded), 1, 1, 1, 1)) if len(decoded) > 1 else None

    def dialled(self) -> Mapping[float, Defense[Any]]:
        """The same defense with the target's weight fixed at each value of `alpha_grid`; references stay."""
        return {value: replace(self, alpha_value=value, queries=1) for value in sorted(self.alpha_grid)}


def mixtures(image: Float[Tensor, "1 depth height width"], key: ManyKey) -> Mixtures:
    """Eq. (2) for every query of the key."""
    weights = key.weights.to(image.device)
    mixed = [  # one by one: only the N volumes of one query are in memory at a time
        mix_many(torch.cat([image[None], key.images(k).to(image.device)])[None], weights[k : k + 1])
        for k in range(len(key))
    ]
    return torch.cat(mixed)
