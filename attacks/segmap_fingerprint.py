"""Re-identification by the server's answers: whose anatomy is it that is segmented?

Source: recognition of people by regional volumes, Valizadeh et al., Sci Rep 2018 and Takao et al., 2015 (there from
plain scans); whitening by principal components, Turk and Pentland, "Eigenfaces", 1991.
Threat model: T1; sees the answers to all queries, owns nothing.

The features are volumes of every class in small cubes: from the decoded label map where the answer shows the levels of
a mixture, else from the mean of the soft answers. Of a mixture's answer alpha of the deviation from the average answer
is the target's, and correlation does not mind the factor. What all answers have in common goes with their mean. Along a
few axes they differ most, and not by anatomy: the server answers to contrast and to alpha as well. There the variance
is cut down to that of the weakest of them. The axes are those of the answers themselves: those of other people's label
maps, which know nothing of the server, found fewer people.
Left out, as they found fewer too (mixup-learned-tta, real scans at `quick`): signed distances beside the volumes, and
linear discriminants, for which the attacker's people are too few. Age and sex: `bench.attacks.segmap_traits`.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attack import Attack
from bench.attacks.matched.rows import correlations
from bench.attacks.segmaps.volumes import target_of, volumes
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView

Rows = Float[Tensor, "scan volume"]


@final
@dataclass(frozen=True, kw_only=True)
class SegmapFingerprint(Attack):
    """Link the releases whose answers show the same anatomy.

    Attributes:
        cell_mm: edge of the cubes in which volumes are measured, in millimetres; at least one voxel.
        whiten: principal components of the volumes whose variance is evened out; 0 for none, and at most a quarter as
            many as there are releases.
    """

    name: ClassVar[str] = "segmap-fingerprint"
    summary: ClassVar[str] = "link releases by regional volumes in the server's answers"
    source: ClassVar[str] = "Valizadeh et al. 2018; Takao et al. 2015; Turk and Pentland 1991"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.REPLY}))

    cell_mm: float = 6.0
    whiten: int = 5

    def __post_init__(self) -> None:
        if not self.cell_mm > 0:
            raise ValueError(f"cell_mm must be > 0, got {self.cell_mm}")
        if self.whiten < 0:
            raise ValueError(f"whiten must be >= 0, got {self.whiten}")

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        """Correlation of the volumes of every pair of releases."""
        cell = max(round(self.cell_mm / view.spacing_mm), 1)
        found = torch.stack([volumes(target_of(reply), cell) for reply in view.replies])
        count = min(self.whiten, len(found) // 4)
        scores = correlations(even(found - found.mean(dim=0), count))
        return Linkage(scores=scores, details={"whitened": count, "cell in voxels": cell})


def even(rows: Rows, count: int) -> Rows:
    """Rows whose variance along their `count` first principal axes is cut down to that of the last of these."""
    from sklearn.decomposition import PCA

    if count == 0:
        return rows
    fitted = PCA(n_components=count, svd_solver="full").fit(rows.double().numpy())
    axes = torch.from_numpy(fitted.components_).to(rows.dtype)
    deviation = torch.from_numpy(fitted.explained_variance_).to(rows.dtype).sqrt()
    scale = deviation[-1] / deviation.clamp(min=1e-12)
    return rows + ((rows @ axes.T) * (scale - 1)) @ axes
