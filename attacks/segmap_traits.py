"""Age and sex from the server's answers.

Source: Franke et al., "Estimating the age of healthy subjects from T1-weighted MRI scans using kernel methods",
NeuroImage 2010 (age from tissue maps: principal components, then a regression); Luders et al., "Why sex matters", J.
Neurosci. 2009 (sex, brain size and tissue volumes). Shrinkage of the discriminant: Ledoit and Wolf, J. Multivariate
Anal. 2004.
Threat model: T1; sees the answers to all queries, owns labelled scans of people whose age and sex it knows.

The features are the size of the brain, every class's volume and share, and principal components of the shares in large
cubes; of the attacker's people from their true label maps, of the patients as `segmap-fingerprint` reads answers. What
all patients' answers have in common that its own people's maps have not, and how far they spread, is the server's
doing: the attacker knows the distribution, takes the patients for people like its own, and gives their features the
mean and the spread of its own people's. Age by ridge regression, whose penalty leave-one-out chooses; sex by linear
discriminants with shrinkage.
Differs from the sources: volumes in place of voxels, ridge regression in place of a relevance vector machine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float

from bench.attack import Attack
from bench.attacks.segmaps.volumes import Soft, one_hot, target_of, volumes
from bench.types.claim import Attribute
from bench.types.scan import Cohort, Scan
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.types.traits import AGE, Traits
from bench.view import AttackerView

Rows = Float[np.ndarray, "_person feature"]
PENALTIES = np.logspace(0, 3, 7)
"""Of the ridge, from which leave-one-out chooses."""
LEAST = 1e-9
"""So that a class that nobody shows, and people who are all alike, divide nothing by nothing."""


@final
@dataclass(frozen=True, kw_only=True)
class SegmapTraits(Attack):
    """Predict age and sex of the patients from regional volumes in the answers.

    Attributes:
        cell_mm: edge of the cubes in which volumes are measured, in millimetres; at least one voxel.
        components: principal components of the regional volumes that are kept, at most; one for eight of the
            attacker's own people, for with more it learns these by heart.
    """

    name: ClassVar[str] = "segmap-traits"
    summary: ClassVar[str] = "age and sex from regional volumes in the server's answers"
    source: ClassVar[str] = "Franke et al. 2010; Luders et al. 2009; Ledoit and Wolf 2004"
    goal: ClassVar[Goal] = Goal.ATTRIBUTE
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION,
        observes=frozenset({Observes.REPLY}),
        owns=frozenset({Owns.AUXILIARY}),
    )

    cell_mm: float = 24.0
    components: int = 20

    def __post_init__(self) -> None:
        if not self.cell_mm > 0:
            raise ValueError(f"cell_mm must be > 0, got {self.cell_mm}")
        if self.components < 1:
            raise ValueError(f"components must be >= 1, got {self.components}")

    def run(self, view: AttackerView, trainer: Trainer) -> Attribute:
        """What the volumes of every release say about each trait that the attacker's own people can teach."""
        cell = max(round(self.cell_mm / view.spacing_mm), 1)
        own, known = measured(view.auxiliary, cell)
        patients = Measured.of(map(target_of, view.replies), cell)
        predicted = {}
        for trait in view.auxiliary.traits:
            numbers = [traits.number(trait) for traits in known]
            taught = [place for place, number in enumerate(numbers) if number is not None]
            rows, asked = compared(own.only(taught), patients, self.components)
            predicted[trait] = torch.from_numpy(_predict(trait, rows, np.array([numbers[i] for i in taught]), asked))
        return Attribute(predicted)


@dataclass(frozen=True, eq=False)
class Measured:
    """Volumes of some people.

    Attributes:
        whole: logarithm of the volume of the brain, of every class, and of the share that every class has.
        regional: share of the brain that every class has in every cube.
    """

    whole: Float[np.ndarray, "person measure"]
    regional: Float[np.ndarray, "person volume"]

    @classmethod
    def of(cls, maps: Iterable[Soft], cell: int) -> "Measured":
        """Of these label maps, one at a time."""
        found = [(soft[1:].double().sum(dim=(1, 2, 3)).numpy(), volumes(soft, cell).double().numpy()) for soft in maps]
        classes, cubes = (np.stack(part) for part in zip(*found, strict=True))
        classes += LEAST
        brain = classes.sum(axis=1, keepdims=True)
        return cls(np.log(np.concatenate([brain, classes, classes / brain], axis=1)), cubes / brain)

    def only(self, places: Sequence[int]) -> "Measured":
        """Of these people."""
        return Measured(self.whole[places], self.regional[places])


def measured(own: Cohort, cell: int) -> tuple[Measured, list[Traits]]:
    """Volumes of the attacker's people, a mean over their visits, and their traits at the first of these."""
    visits: dict[str, list[Scan]] = {}
    for scan in own:
        visits.setdefault(scan.subject, []).append(scan)
    maps = (
        torch.stack([one_hot(scan.labels, len(own.classes)) for scan in scans]).mean(dim=0) for scans in visits.values()
    )
    return Measured.of(maps, cell), [scans[0].traits for scans in visits.values()]


def compared(own: Measured, patients: Measured, components: int) -> tuple[Rows, Rows]:
    """Features of both: every whole volume, and principal components of the regional ones, the first as wide as those.

    The patients' features get the mean and the spread of those of the attacker's people.
    """
    from sklearn.decomposition import PCA

    fitted = PCA(n_components=min(components, max(len(own.whole) // 8, 1)), svd_solver="full").fit(own.regional)
    first = np.sqrt(fitted.explained_variance_[0]) + LEAST
    wide = np.concatenate([own.whole.std(axis=0) + LEAST, np.full(fitted.n_components_, first)])
    mine, theirs = (
        np.concatenate([part.whole, part.regional @ fitted.components_.T], axis=1) / wide for part in (own, patients)
    )
    rows = mine - mine.mean(axis=0)
    return rows, (theirs - theirs.mean(axis=0)) / (theirs.std(axis=0) + LEAST) * rows.std(axis=0)


def _predict(trait: str, rows: Rows, known: Float[np.ndarray, " person"], asked: Rows) -> Float[np.ndarray, " patient"]:
    """Years, or how far on the male side of the discriminant."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import RidgeCV

    numbers: Float[np.ndarray, " patient"]
    if trait == AGE:
        numbers = RidgeCV(alphas=PENALTIES).fit(rows, known).predict(asked)
    else:
        fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(rows, known)
        numbers = fitted.decision_function(asked)
    return numbers
