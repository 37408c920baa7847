"""The four variants of Table 1: naive or learned unmixing, one query or several; all share one trained pair."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, final

from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import TEST_ONLY
from bench.defenses.mixup.base import PRESETS, PRESETS_TTA, SOURCE, Mixup
from bench.defenses.mixup.equations import unmix_by_network, unmix_naively
from bench.defenses.mixup.key import MixupKey

_Maps = Float[Tensor, "query class depth height width"]


@dataclass(frozen=True, kw_only=True)
class NaiveMixup(Mixup):
    """Unmixing by Eq. 4.

    Attributes:
        naive_clip: clip every unmixed map to [0, 1] and renormalise it, so that it is a distribution.
        naive_tta_weight: weight of a query in the mean over K; `alpha` only matters if queries differ in alpha.
    """

    naive_clip: bool = field(default=False, metadata=TEST_ONLY)
    naive_tta_weight: Literal["uniform", "alpha"] = field(default="uniform", metadata=TEST_ONLY)

    def unmix(self, y_hat_mix: _Maps, y_ref: _Maps, key: MixupKey, client: nn.Module) -> _Maps:
        """Eq. (4) for each query."""
        unmixed = unmix_naively(y_hat_mix, y_ref, key.alpha)
        if not self.naive_clip:
            return unmixed
        clipped = unmixed.clamp(0, 1)
        return clipped / clipped.sum(dim=1, keepdim=True).clamp_min(1e-6)

    def weigh(self, key: MixupKey) -> Float[Tensor, "query 1 _depth _height _width"]:
        """Equal weights, or alpha."""
        return key.alpha if self.naive_tta_weight == "alpha" else key.alpha.new_ones(key.alpha.shape)


@dataclass(frozen=True, kw_only=True)
class LearnedMixup(Mixup):
    """Unmixing by the client's network D."""

    def unmix(self, y_hat_mix: _Maps, y_ref: _Maps, key: MixupKey, client: nn.Module) -> _Maps:
        """D for each query."""
        return unmix_by_network(client, y_hat_mix, y_ref, key.alpha, key.piece)

    def weigh(self, key: MixupKey) -> Float[Tensor, "query 1 _depth _height _width"]:
        """Equal weights, Eq. (6)."""
        return key.alpha.new_ones(key.alpha.shape)


@final
@dataclass(frozen=True, kw_only=True)
class MixupNaive(NaiveMixup):
    """Ours (Naive)."""

    name: ClassVar[str] = "mixup-naive"
    summary: ClassVar[str] = "mix with a secret reference, subtract it again (Eq. 4)"
    source: ClassVar[str] = SOURCE
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS


@final
@dataclass(frozen=True, kw_only=True)
class MixupNaiveTTA(NaiveMixup):
    """Ours (Naive + TTA)."""

    name: ClassVar[str] = "mixup-naive-tta"
    summary: ClassVar[str] = "mixup-naive, averaged over K references"
    source: ClassVar[str] = SOURCE
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS_TTA

    queries: int = field(default=30, metadata=TEST_ONLY)


@final
@dataclass(frozen=True, kw_only=True)
class MixupLearned(LearnedMixup):
    """Ours (Learned)."""

    name: ClassVar[str] = "mixup-learned"
    summary: ClassVar[str] = "mix with a secret reference, unmix with a client-side network"
    source: ClassVar[str] = SOURCE
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS


@final
@dataclass(frozen=True, kw_only=True)
class MixupLearnedTTA(LearnedMixup):
    """Ours (Learned + TTA)."""

    name: ClassVar[str] = "mixup-learned-tta"
    summary: ClassVar[str] = "mixup-learned, averaged over K references"
    source: ClassVar[str] = SOURCE
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS_TTA

    queries: int = field(default=30, metadata=TEST_ONLY)
