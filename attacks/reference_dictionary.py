"""Reconstruction by a dictionary of references: find the one in a mixture, subtract it.

Source: correlation with known plaintexts; compare the breaks of instance encodings with public images (Chen et al.,
ICLR 2021) and by shared sources (Carlini et al., S&P 2021). The bound on alpha and the test for a hit are ours.
Threat model: T1, `reference-dictionary`: sees all queries, owns scans of other people and tries those. It finds
something where clients mix with public scans (`--set reference_pool=public`). T3, `reference-dictionary-leaked`: holds
the client's pool or a part of it as well (`known`).

For every mixture and candidate r: <m - mu, r - mu> / ||r - mu|| in coordinates in which people are nearly orthogonal. A
hit is a high robust z-score over the candidates. Then 1 - alpha = <m - mu, r - mu> / ||r - mu||^2, up to what target
and reference have in common. Scans are not negative, so (1 - alpha) r <= m everywhere, with equality wherever the
reference has tissue and the target has none: the smallest m / r is 1 - alpha exactly, and far below the projection for
an r that is not there. x = (m - (1 - alpha) r) / alpha, by least squares over the queries that hit. A release without
a hit gets the estimate of `tta-mean`; the record says how many queries hit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attack import Attack
from bench.attacks.mixtures.people import Images, People
from bench.attacks.tta_mean import from_mean
from bench.types.claim import Reconstruction
from bench.types.scan import Scan
from bench.types.threat import Goal, Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView

TISSUE = 0.1
"""Intensity from which a reference has tissue: below it m / r is rounding."""
PRESENT = 0.5
"""Share of the projection below which the smallest m / r says that a reference is not there."""
NOISE = 1e-4
"""Rounding, as a share of a person's variance: no use in dividing by less alpha than this allows."""
MAD = 1.4826
"""Standard deviation of a normal law over its median absolute deviation."""


@final
@dataclass(frozen=True, kw_only=True)
class ReferenceDictionary(Attack):
    """Try the attacker's own scans as references.

    Attributes:
        z: robust z-score from which a candidate counts as a hit, > 0.
        nonnegative: use that scans have no negative voxels.
    """

    name: ClassVar[str] = "reference-dictionary"
    summary: ClassVar[str] = "find the reference among own scans and subtract it"
    source: ClassVar[str] = "known plaintexts; compare Carlini et al. 2021, Chen et al. 2021"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )

    z: float = 6.0
    nonnegative: bool = True

    def __post_init__(self) -> None:
        _check_positive(self.z)

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        return _claim(view, view.auxiliary.scans, self.z, self.nonnegative)


@final
@dataclass(frozen=True, kw_only=True)
class ReferenceDictionaryLeaked(Attack):
    """Try the client's own references, which have leaked.

    Attributes:
        known: how many of the pool leaked; None for all.
        z: robust z-score from which a candidate counts as a hit, > 0.
        nonnegative: use that scans have no negative voxels.
    """

    name: ClassVar[str] = "reference-dictionary-leaked"
    summary: ClassVar[str] = "find the reference in the client's leaked pool and subtract it"
    source: ClassVar[str] = ReferenceDictionary.source
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWN_PLAINTEXTS,
        observes=frozenset({Observes.RELEASE}),
        knows=frozenset({Knows.REFERENCE_POOL}),
        owns=frozenset({Owns.AUXILIARY}),
    )

    known: int | None = None
    z: float = 6.0
    nonnegative: bool = True

    def __post_init__(self) -> None:
        _check_positive(self.z)
        if self.known is not None and self.known < 1:
            raise ValueError(f"known must be >= 1 or None, got {self.known}")

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release; the attacker's own scans stay in the dictionary, as what no reference looks like."""
        leaked = view.reference_pool.scans[: self.known]
        return _claim(view, (*leaked, *view.auxiliary.scans), self.z, self.nonnegative)


def _check_positive(z: float) -> None:
    if not z > 0:
        raise ValueError(f"z must be > 0, got {z}")


def _claim(view: AttackerView, candidates: Sequence[Scan], z: float, nonnegative: bool) -> Reconstruction:
    people = People.of(view.auxiliary, whiten=1.0)
    entries = torch.stack([scan.image for scan in candidates])
    known = people.features(entries)
    images, hits = [], []
    for release in view.releases:
        queries = release.queries.float().mean(dim=1, keepdim=True)
        index, weight = best_references(people.features(queries), known, z)
        if nonnegative:
            weight = torch.stack([bounded(m, entries[i], w) for m, i, w in zip(queries, index, weight, strict=True)])
        found = weight > 0
        images.append(
            subtracted(queries[found], entries[index[found]], weight[found], people.mean)
            if bool(found.any())
            else from_mean(queries, people)[0]
        )
        hits.append(int(found.sum()))
    details = {"candidates": len(entries), "queries with a hit": hits}
    return Reconstruction(images=torch.stack(images).clamp(0, 1), details=details)


def best_references(
    mixtures: Float[Tensor, "query coordinate"], candidates: Float[Tensor, "candidate coordinate"], z: float
) -> tuple[Tensor, Float[Tensor, " query"]]:
    """For every mixture the candidate with the highest z-score and its 1 - alpha; 0 if the score is below `z`."""
    products = mixtures @ candidates.T
    lengths = candidates.norm(dim=1).clamp(min=1e-12)
    correlation = products / lengths
    off = correlation - correlation.median(dim=1, keepdim=True).values
    deviation = MAD * off.abs().median(dim=1).values
    # Few candidates may lie close together by luck; unrelated people spread by at least this much.
    deviation = torch.maximum(deviation, mixtures.norm(dim=1) / mixtures.shape[1] ** 0.5).clamp(min=1e-12)
    highest, index = off.max(dim=1)
    weight = products.gather(1, index[:, None])[:, 0] / lengths[index].square()
    return index, torch.where(highest > z * deviation, weight.clamp(0, 1), 0)


def bounded(
    mixture: Float[Tensor, "1 depth height width"], reference: Float[Tensor, "1 depth height width"], weight: Tensor
) -> Float[Tensor, ""]:
    """The largest 1 - alpha under which no voxel of the target is negative; 0 if that rules the reference out."""
    tissue = reference > TISSUE
    if not bool(tissue.any()) or float(weight) == 0:
        return torch.zeros(())
    most = (mixture[tissue] / reference[tissue]).min().clamp(0, 1)
    return torch.where(most >= PRESENT * weight, most, 0).float()


def subtracted(
    mixtures: Images, references: Images, weight: Float[Tensor, " image"], mean: Float[Tensor, "1 depth height width"]
) -> Float[Tensor, "1 depth height width"]:
    """The target from m_k = alpha_k x + (1 - alpha_k) r_k by least squares, held to the mean brain by NOISE."""
    alpha = (1 - weight)[:, None, None, None, None]
    left = mixtures - mean - (1 - alpha) * (references - mean)  # alpha (x - mu)
    return mean + (alpha * left).sum(dim=0) / (alpha.square().sum() + NOISE)
