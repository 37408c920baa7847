"""What whoever holds the whole key can do: take the references out of the mixtures again.

Source: Kim et al., "Mixup-Privacy", 2023, Eq. (2) and (5), solved for the target by least squares over the queries.
Threat model: T4; sees the releases and holds the keys. An upper bound and a check of the machinery, never ranked: with
the key a mixture hides nothing but what the wire rounds away.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attack import Attack
from bench.types.claim import Reconstruction
from bench.types.threat import Goal, Knows, Observes, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class KnownKey(Attack):
    """Undo mixing; releases under other keys, and mixtures whose signs were changed, are taken for the scan."""

    name: ClassVar[str] = "known-key"
    summary: ClassVar[str] = "solve the mixtures with the true key: an upper bound (not ranked)"
    source: ClassVar[str] = "Kim et al. 2023, Eq. (5), solved for the target"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.ORACLE, observes=frozenset({Observes.RELEASE}), knows=frozenset({Knows.KEYS})
    )

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        images = []
        for index in view.wanted:
            queries = view.releases[index].queries.mean(dim=1, keepdim=True)
            images.append(with_key(queries, view.keys[index]).clamp(0, 1))
        return Reconstruction(torch.stack(images))


def with_key(queries: Float[Tensor, "query 1 depth height width"], key: Any) -> Float[Tensor, "1 depth height width"]:
    """The target of mixtures whose weights and references are known; of other keys the mean query.

    Least squares over the queries: sum_k a_k (m_k - o_k) / sum_k a_k^2, voxel by voxel, for weights may differ between
    cubes; o_k is what is mixed in, (1 - a_k) r_k or the sum over several references.
    """
    alpha, others = getattr(key, "alpha", None), _mixed_in(key, len(queries))
    if not isinstance(alpha, Tensor) or others is None or bool((queries < 0).any()):
        return queries.mean(dim=0)
    a = alpha[: len(queries)].cpu().float().reshape(len(queries), 1, *(alpha.shape[2:] or (1, 1, 1)))
    left = a * (queries - others)  # a^2 x
    return left.sum(dim=0) / (a * a).expand_as(queries).sum(dim=0)


def _mixed_in(key: Any, count: int) -> Float[Tensor, "query 1 depth height width"] | None:
    """What each of so many queries holds besides the target; None of keys that say nothing of it."""
    several, references = getattr(key, "mixed_in", None), getattr(key, "images", None)
    if callable(several) and len(key) >= count:
        return torch.stack([several(query).cpu().float() for query in range(count)])
    if not isinstance(references, Tensor) or len(references) < count:
        return None
    mixed: Tensor = (1 - key.alpha[:count].cpu().float()) * references[:count].cpu().float()
    return mixed
