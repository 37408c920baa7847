"""What cohorts of lesions share: stripped images of several contrasts, and labels that may mark nothing."""

from dataclasses import dataclass
from typing import ClassVar

from bench.data.listed import ListedDataset, Recipe, RevisitsFrom
from bench.data.source import STRIPPED


@dataclass(frozen=True, kw_only=True)
class LesionCohort(ListedDataset):
    """Scans whose brain is where the image is not 0, for labels are not everywhere in it.

    Attributes:
        image: which contrast; each cohort names its own.
        revisits: `real` uses every visit; `simulate` uses everybody's first one and makes two visits of it;
            `auto` is `real` if everybody has two or more visits, else `simulate`.
        max_subjects: only so many people, chosen by seed; None for all.
        seed: chooses people and made-up visits.
    """

    synthetic: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True

    image: str
    revisits: RevisitsFrom = "auto"
    max_subjects: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self.recipe()

    def recipe(self) -> Recipe:
        """The settings, checked."""
        return Recipe(
            name=self.name,
            region=STRIPPED,
            revisits=self.revisits,
            max_subjects=self.max_subjects,
            seed=self.seed,
        )
