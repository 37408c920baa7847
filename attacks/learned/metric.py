"""Learning which releases show one person: the comparison, and the losses that teach it.

Source: InfoNCE over all pairs of a batch (van den Oord et al. 2018; Khosla et al., "Supervised contrastive learning",
NeurIPS 2020). The memory of the chest X-ray recipe (Packhaeuser et al. 2022) has no use here: all of the attacker's
people fit into one batch.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.attacks.learned.describe import FILTERED, LOOKS, Described
from bench.attacks.learned.views import Views
from bench.models.bounded import held
from bench.models.identity import FrequencyFilter, PooledFeatures


class Metric(nn.Module):
    """How alike two releases are: cosine of filtered frequencies, plus `gate` times that of pooled features.

    Args:
        radii: of the frequencies.
        widths: of the convolutions.
    """

    def __init__(self, radii: Float[Tensor, " frequency"], widths: tuple[int, ...]) -> None:
        super().__init__()
        self.filter = FrequencyFilter(radii, FILTERED)
        self.features = PooledFeatures(LOOKS, widths)
        self.log_sharpness = nn.Parameter(torch.full((2,), 2.3))
        self.combination = Combination()

    def parts(self, x: Described, mean: Tensor | None = None) -> list[Float[Tensor, "release release"]]:
        """Cosines of all pairs, by frequencies and by features."""
        embedded = [self.filter(x.coordinates, mean), self.features(x.small)]
        return [each @ each.T for each in embedded]

    def forward(self, x: Described) -> Float[Tensor, "release release"]:
        """Similarities of all pairs, relative to what these releases have in common."""
        scores: Tensor = self.combination(*self.parts(x, x.coordinates.mean(dim=0)))
        return scores


class Combination(nn.Module):
    """By frequencies + gate * by features, gate >= 0, 0 at first."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(()))
        self.log_sharpness = nn.Parameter(torch.tensor(2.3))

    def forward(self, by_frequencies: Tensor, by_features: Tensor) -> Tensor:
        """The sum."""
        return by_frequencies + self.weight * by_features

    @property
    def weight(self) -> Tensor:
        """The gate, 0 where its parameter is below."""
        return held(self.gate, 0.0)


class Contrast(nn.Module):
    """InfoNCE of each part alone, on the people to learn from."""

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self.metric = metric

    def forward(self, views: Views, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The losses of one batch."""
        self.metric.filter.standardise(views.mean, views.variance)
        cosines, sharpness = self.metric.parts(views.learn), self.metric.log_sharpness.exp()
        frequencies, features = (info_nce(s * c) for s, c in zip(sharpness, cosines, strict=True))
        return {"frequencies": frequencies, "features": features}


class Judgement(nn.Module):
    """InfoNCE of their sum on people whom the features never learnt: what they know by heart is worth nothing."""

    def __init__(self, metric: Metric) -> None:
        super().__init__()
        self.metric = metric

    def forward(self, views: Views, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss of one batch."""
        with torch.no_grad():
            frequencies, features = self.metric.parts(views.judge)
        together = self.metric.combination
        return {"strangers": info_nce(together.log_sharpness.exp() * together(frequencies, features))}


def info_nce(scores: Float[Tensor, "two_people two_people"]) -> Float[Tensor, ""]:
    """Cross-entropy of finding everybody's other release among all others.

    Args:
        scores: between releases, the two of a person half of them apart.
    """
    count = len(scores)
    alone = scores.masked_fill(torch.eye(count, dtype=torch.bool, device=scores.device), -torch.inf)
    partner = (torch.arange(count, device=scores.device) + count // 2) % count
    return F.cross_entropy(alone, partner)
