"""Mixup-Privacy beyond two images.

Source: named as future work by Kim, Dolz, Jodoin, Desrosiers, "Mixup-Privacy", 2023; with `images` = 2 it is their
Eq. 2, 3, 5 and 6.
Secret (the key): the references with their labels and all weights. Public: everything else.
Ours, as there is no paper to follow: weights uniform over all that sum to 1 (Dirichlet with all parameters 1, which for
two images is the paper's U(0, 1)); in the mean over K queries only the target's weight is shared, as in Eq. 5, while
references and their weights are drawn afresh; D sees the label maps of the references one after the other, heaviest
first, and all weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import TEST_ONLY
from bench.defenses.mixup.base import PRESETS_TTA, SOURCE
from bench.defenses.mixup.many import ManyMixup, Mixtures, mixtures
from bench.defenses.mixup.many_key import ManyKey
from bench.types.scan import Cohort
from bench.types.traffic import Release


@final
@dataclass(frozen=True, kw_only=True)
class MixupN(ManyMixup):
    """Mix the target with N - 1 references; the answers to K such mixtures are unmixed and averaged."""

    name: ClassVar[str] = "mixup-n"
    summary: ClassVar[str] = "mix with several secret references at once, unmix with a client-side network"
    source: ClassVar[str] = f"future work of {SOURCE}"
    family: ClassVar[str] = "mixup"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = PRESETS_TTA

    queries: int = field(default=30, metadata=TEST_ONLY)

    @property
    def largest_weight(self) -> float:
        """No cap."""
        return 1.0

    def networks(self, cohort: Cohort) -> tuple[nn.Module, nn.Module]:
        """D for N - 1 references, and S."""
        from bench.models.unetpp import UNetPlusPlus
        from bench.models.unmixing import UnmixingNet

        classes = len(cohort.classes)
        server = UNetPlusPlus(1, classes, self.widths)
        return UnmixingNet(classes, self.unmix_widths, self.images - 1), server

    def encode(self, mixtures: Mixtures, client: nn.Module) -> Mixtures:
        """The mixture as it is."""
        return mixtures

    def protect(self, image: Float[Tensor, "1 depth height width"], key: ManyKey, client: nn.Module) -> Release:
        """The sum of alpha x and all w_i x_i^k."""
        return Release(mixtures(image, key))

    def amplified(self, release: Release, key: ManyKey) -> Float[Tensor, "channel depth height width"]:
        """x_mix / alpha, averaged over queries."""
        alpha = key.weights[: len(release), :1, None, None, None].to(release.queries.device)
        return (release.queries / alpha).mean(dim=0)
