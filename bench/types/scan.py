"""Scans and cohorts: what a hospital holds before anything is protected."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from jaxtyping import Float, UInt8
from torch import Tensor

from bench.types.traits import UNKNOWN, Traits, told_by


class Revisits(StrEnum):
    """Where the second and later scans of a person come from."""

    REAL = "real"
    SIMULATED = "simulated"
    NONE = "none"


@dataclass(frozen=True, eq=False, kw_only=True)
class Scan:
    """One image with its label map on the cohort's common grid.

    Attributes:
        image: intensities in [0, 1], 0 outside the brain. Axes run right, anterior, superior (RAS+).
        labels: class index per voxel, 0 = background.
        subject: the person; `family`: people who must share a role; `session`: the visit.
        simulated: this visit was made from another one of the same person.
        traits: age and sex, where the cohort has them.
    """

    image: Float[Tensor, "1 depth height width"]
    labels: UInt8[Tensor, "depth height width"]
    subject: str
    family: str
    session: str
    simulated: bool = False
    traits: Traits = UNKNOWN

    @property
    def name(self) -> str:
        """`subject_session`, unique within a cohort."""
        return f"{self.subject}_{self.session}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Cohort:
    """Scans on one grid, with what a reader must know about them.

    Attributes:
        classes: class names, background first; a label is an index into them.
        spacing_mm: edge of the cubic voxel in millimetres.
        synthetic: True if the anatomy itself is made up; such results never share a table with real ones.
        revisits: where second visits come from.
        notes: sentences for the record (origin, licence, caveats).
        origin: hash of the files, settings and grid that the scans were made from, known only to who holds all of
            them; None of scans made in memory, and of those that are handed to an attacker.
    """

    name: str
    scans: tuple[Scan, ...]
    classes: tuple[str, ...]
    spacing_mm: float
    synthetic: bool
    revisits: Revisits
    notes: tuple[str, ...] = ()
    origin: str | None = None

    def __len__(self) -> int:
        return len(self.scans)

    def __iter__(self) -> Iterator[Scan]:
        return iter(self.scans)

    @property
    def subjects(self) -> tuple[str, ...]:
        """People in order of first appearance."""
        return tuple(dict.fromkeys(scan.subject for scan in self.scans))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the common grid: depth, height, width."""
        depth, height, width = self.scans[0].labels.shape
        return depth, height, width

    def only(self, scans: tuple[Scan, ...]) -> "Cohort":
        """The same cohort restricted to these scans."""
        return replace(self, scans=scans)

    @property
    def traits(self) -> tuple[str, ...]:
        """Names of the traits by which its people can be told apart, see `bench.types.traits.told_by`."""
        people: dict[str, list[Traits]] = {}
        for scan in self.scans:
            people.setdefault(scan.subject, []).append(scan.traits)
        return told_by(people)

    def without_traits(self) -> "Cohort":
        """The same scans of people of whom nobody knows anything."""
        return self.only(tuple(replace(scan, traits=UNKNOWN) for scan in self.scans))

    def first_visits(self) -> "Cohort":
        """One scan a person: the earliest that was not simulated."""
        chosen: dict[str, Scan] = {}
        for scan in self.scans:
            if not scan.simulated:
                chosen.setdefault(scan.subject, scan)
        return self.only(tuple(chosen.values()))


@dataclass(frozen=True, eq=False, kw_only=True)
class Roles:
    """The four disjoint groups of families.

    `train` fits the defense, `references` is the client's private pool for mixing, `auxiliary` is what the
    attacker owns, `test` are the victims.
    """

    train: Cohort
    references: Cohort
    auxiliary: Cohort
    test: Cohort

    def items(self) -> tuple[tuple[str, Cohort], ...]:
        """Role names with their cohorts."""
        return (
            ("train", self.train),
            ("references", self.references),
            ("auxiliary", self.auxiliary),
            ("test", self.test),
        )
