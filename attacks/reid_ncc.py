"""Re-identification by matched filter: correlation of releases without the mean brain.

Source: the matched filter, optimal for a known signal in Gaussian noise; whitening by principal components of other
people (Turk and Pentland, "Eigenfaces", 1991); removal of nuisance directions (nuisance attribute projection,
Solomonoff et al., 2005).
Threat model: T1; sees all queries of every release and owns scans of other people.

With m = alpha x + (1 - alpha) rbar the correlation with x, mean brain removed, is alpha / sqrt(alpha^2 +
(1 - alpha)^2 / K). Two things get in its way. (1) A few axes hold much of the variance between people, and say little:
there the variance is cut down to that of the weakest of them. (2) Releases with references in common look alike.
Queries of one release differ by (1 - alpha) (r_k - r_l) and nothing else, so a pool of R references shows as R - 1
directions, the same in all releases. Outside of them every reference is one and the same image, which goes with the
mean of all releases: what is left is patients.
The mean brain is removed by least squares together with a constant, so scale and offset of intensities do not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attack import Attack
from bench.errors import BenchError
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView

ROUNDING = 1e-5
"""Directions with less than this share of the strongest one's variance are the rounding of the wire."""

Rows = Float[Tensor, "image voxel"]


@final
@dataclass(frozen=True, kw_only=True)
class ReidNcc(Attack):
    """Link the releases whose deviations from the mean brain correlate.

    Attributes:
        whiten: principal components of the attacker's scans whose variance is evened out; 0 for none, and at most half
            as many as there are scans.
        reject_spread: leave out the directions in which queries of one release differ, if they are fewer than the
            releases. More of them cannot be references alone: with an alpha for each query, patients are among them.
    """

    name: ClassVar[str] = "reid-ncc"
    summary: ClassVar[str] = "link releases by correlation without the mean brain (matched filter)"
    source: ClassVar[str] = "matched filter; Turk and Pentland 1991; Solomonoff et al. 2005"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"smoke": {"whiten": 5}}

    whiten: int = 10
    reject_spread: bool = True

    def __post_init__(self) -> None:
        if self.whiten < 0:
            raise ValueError(f"whiten must be >= 0, got {self.whiten}")

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        """Correlation of every pair of releases."""
        auxiliary = torch.stack([scan.image for scan in view.auxiliary])
        atlas = auxiliary.mean(dim=0)
        inside = atlas > 0
        if not bool(inside.any()):
            raise BenchError("the attacker's scans are empty: there is no brain to compare")
        common = torch.linalg.qr(torch.stack([atlas[inside], torch.ones_like(atlas[inside])], dim=1)).Q.T
        means, deviations = [], []
        for release in view.releases:
            queries = without(release.queries.float().mean(dim=1, keepdim=True)[:, inside], common)
            means.append(queries.mean(dim=0))
            deviations.append(queries[:-1] - queries.mean(dim=0))  # the last one follows from the others
        found, others = torch.stack(means), without(auxiliary[:, inside], common)
        axes = spread(torch.cat(deviations), len(found)) if self.reject_spread else None
        if axes is not None:
            found, others = without(found, axes), without(others, axes)
        found, others = found - found.mean(dim=0), others - others.mean(dim=0)
        count = min(self.whiten, len(others) // 2)
        scores = correlations(whitened(found, others, count))
        rejected = None if axes is None else len(axes)
        return Linkage(scores=scores, details={"whitened": count, "rejected directions": rejected})


def spread(deviations: Rows, releases: int) -> Float[Tensor, "axis voxel"] | None:
    """Orthonormal directions in which queries of one release differ; None if they are no fewer than the releases."""
    if len(deviations) == 0:
        return deviations
    values, vectors = torch.linalg.eigh((deviations @ deviations.T).double())
    kept = values > ROUNDING * values[-1].clamp(min=1e-30)
    if not bool(kept.any()):
        return deviations[:0]
    if int(kept.sum()) >= releases:
        return None
    axes = vectors[:, kept].float().T @ deviations
    basis: Tensor = torch.linalg.qr(axes.T).Q.T
    return basis


def without(rows: Float[Tensor, "*image voxel"], axes: Float[Tensor, "axis voxel"]) -> Float[Tensor, "*image voxel"]:
    """The part of each row that is orthogonal to all of these orthonormal axes."""
    return rows - (rows @ axes.T) @ axes


def whitened(rows: Rows, others: Float[Tensor, "other voxel"], count: int) -> Rows:
    """Rows with the variance along the `count` first principal axes of `others` cut down to that of the last of them.

    A pseudo-inverse of what few scans cannot tell would amplify noise; this only ever shrinks.
    """
    if count == 0:
        return rows
    _, deviation, axes = torch.linalg.svd(others, full_matrices=False)
    scale = deviation[count - 1] / deviation[:count].clamp(min=1e-12)
    change: Tensor = ((rows @ axes[:count].T) * (scale - 1)) @ axes[:count]
    return rows + change


def correlations(rows: Rows) -> Float[Tensor, "image image"]:
    """Normalised cross-correlation of all pairs, in [-1, 1]; 0 with a row that is constant."""
    centred = rows - rows.mean(dim=1, keepdim=True)
    unit = centred / centred.norm(dim=1, keepdim=True).clamp(min=1e-12)
    found: Tensor = unit @ unit.T
    return found
