"""The adversary that learned defenses are trained against, and the two ways to fool it.

The network here is thrown away after training. It never judges the defense: an adversary that lost to a defense in
training says nothing about one that comes later and learns from fresh releases.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.data.pairs import Pairs
from bench.models.siamese import Siamese, densenet_siamese, small_siamese

Logits = Float[Tensor, "batch 2"]
AdversaryLoss = Literal["confusion", "negative_ce"]
SmallOrDense = Literal["small", "densenet121"]


def confusion(scores: Logits, same: Bool[Tensor, " batch"]) -> Float[Tensor, ""]:
    """Cross-entropy against even odds: smallest, log 2, where the adversary cannot tell.

    Source: Tzeng et al., "Simultaneous deep transfer across domains and tasks", ICCV 2015, Eq. (4).
    """
    return -scores.log_softmax(dim=1).mean()


def negative_cross_entropy(scores: Logits, same: Bool[Tensor, " batch"]) -> Float[Tensor, ""]:
    """-CE as published: without a lower bound, and best where the adversary is surely wrong, which also tells."""
    return -F.cross_entropy(scores, same.long())


ADVERSARY_LOSSES: Mapping[AdversaryLoss, Callable[[Logits, Bool[Tensor, " batch"]], Float[Tensor, ""]]] = {
    "confusion": confusion,
    "negative_ce": negative_cross_entropy,
}


def make_adversary(kind: SmallOrDense, widths: tuple[int, ...]) -> Siamese:
    """The network of that kind; `widths` are of the small one."""
    return {"small": lambda: small_siamese(widths), "densenet121": densenet_siamese}[kind]()


class AdversaryObjective(nn.Module):
    """The adversary's turn: cross-entropy on pairs of proxies, which do not learn from it.

    Args:
        proxies: called with `(pairs, generator)`; the proxies of both scans of every pair, each
            "batch 1 depth height width".
    """

    def __init__(self, adversary: Siamese, proxies: nn.Module) -> None:
        super().__init__()
        self.adversary, self.proxies = adversary, proxies

    def forward(self, pairs: Pairs, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """What the adversary minimises; log 2 is chance."""
        with torch.no_grad():
            one, other = self.proxies(pairs, rng)
        return {"pairs": F.cross_entropy(self.adversary(one, other), pairs.same.long())}
