"""Any BIDS data set with label maps: `sub-*/[ses-*/]anat/*_T1w.nii[.gz]` beside `*_dseg.nii[.gz]`."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

from bench import seeds
from bench.data.appearance import AppearanceRange
from bench.data.bids_scan import BRIGHT, LABELLED, SIMULATED_SESSION, read_source, simulated_visit, visit_as_is
from bench.data.bids_tables import TABLES, read_classes, read_description, read_families
from bench.data.bids_tree import Pair, find_pairs, raise_first, relative, require_root
from bench.data.fit import fraction_cut_off, note_on_fit
from bench.data.nifti import read_volume
from bench.data.visit import VisitRange, draw_visit, require_no_folding
from bench.dataset import Dataset, Grid
from bench.errors import BenchError
from bench.types.scan import Cohort, Revisits, Scan

FEWEST_FAMILIES = 8
REGIONS = {"labels": LABELLED, "none": BRIGHT}


@final
@dataclass(frozen=True, kw_only=True)
class Bids(Dataset):
    """Your scans with your label maps.

    Every scan is put on the grid in scanner coordinates, axes right, anterior and superior, with the brain's centre of
    mass in the middle of the grid. The brain is where a label is not 0; with `mask = none`, where the image is
    brighter than its mean.

    Attributes:
        revisits: `real` uses every session; `simulate` uses everybody's first one and makes a second visit from it;
            `auto` is `real` if everybody has two or more sessions, else `simulate`.
        mask: `labels` sets the image to 0 where the label is 0; `none` leaves it.
        max_subjects: only so many people, chosen by seed; None for all.
        visit_mm: root mean square of the change of shape of a simulated visit, along each axis.
        rotation_deg: standard deviation of each angle of its pose.
        shift_mm: standard deviation of each shift of its pose.
        contrast: standard deviation of the change of each class's intensity.
        gamma: standard deviation of the logarithm of its gamma.
        bias: standard deviation of the logarithm of its bias field.
        noise: standard deviation of the Rician noise that it adds.
        seed: chooses people and simulated visits.
    """

    name: ClassVar[str] = "bids"
    summary: ClassVar[str] = "Your own BIDS data: T1w images with dseg label maps; second visits real or simulated."
    source: ClassVar[str] = "BIDS 1.9, Gorgolewski et al., Scientific Data 3, 2016; simulated visits after SynthSeg"
    synthetic: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True

    revisits: Literal["auto", "real", "simulate"] = "auto"
    mask: Literal["labels", "none"] = "labels"
    max_subjects: int | None = None
    visit_mm: float = 0.4
    rotation_deg: float = 1.0
    shift_mm: float = 0.7
    contrast: float = 0.02
    gamma: float = 0.08
    bias: float = 0.06
    noise: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        if self.revisits not in ("auto", "real", "simulate"):
            raise ValueError(f"revisits must be auto, real or simulate, got {self.revisits!r}")
        if self.mask not in ("labels", "none"):
            raise ValueError(f"mask must be labels or none, got {self.mask!r}")
        if self.max_subjects is not None and self.max_subjects < FEWEST_FAMILIES:
            raise ValueError(f"max_subjects must be >= {FEWEST_FAMILIES} or None, got {self.max_subjects}")
        self.visit_range()

    def visit_range(self) -> VisitRange:
        """How much a simulated visit differs."""
        return VisitRange(
            warp_mm=self.visit_mm,
            rotation_deg=self.rotation_deg,
            shift_mm=self.shift_mm,
            appearance=AppearanceRange(contrast=self.contrast, gamma=self.gamma, bias=self.bias, noise=self.noise),
        )

    def fingerprint(self, root: Path | None) -> str:
        """Hash of names and contents of the used scans and of the tables beside them."""
        folder = require_root(root)
        used = [file for pair in self._used(find_pairs(folder)) for file in (pair.image, pair.labels)]
        tables = [folder / table for table in TABLES if (folder / table).exists()]
        digest = hashlib.sha256()
        for file in sorted([*used, *tables]):
            try:
                with file.open("rb") as stream:
                    content = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                raise BenchError(f"cannot read {file}: {error.strerror}") from error
            digest.update(f"{relative(file, folder)}\0{content}\n".encode())
        return digest.hexdigest()

    def load(self, root: Path | None, grid: Grid) -> Cohort:
        """Check every file, then put every scan on `grid`."""
        folder = require_root(root)
        everyone = find_pairs(folder)
        families = read_families(folder, [pair.subject for pair in everyone])
        pairs = self._used(everyone)
        count = len({families[pair.subject] for pair in pairs})
        if count < FEWEST_FAMILIES:
            raise BenchError(f"{folder} holds {count} families; four disjoint roles need at least {FEWEST_FAMILIES}")
        description, named = read_description(folder), read_classes(folder)
        highest = require_readable(pairs, named)
        classes = default_classes(highest) if named is None else named

        sessions = Counter(pair.subject for pair in pairs)
        simulate = self.revisits == "simulate" or (self.revisits == "auto" and min(sessions.values()) < 2)
        chosen = first_sessions(pairs) if simulate else pairs
        scans: list[Scan] = []
        cut_off: dict[str, float] = {}
        for pair in chosen:
            source = read_source(pair, families[pair.subject], tuple(classes), REGIONS[self.mask])
            cut_off[str(pair.image)] = fraction_cut_off(source.brain_mm - source.centre_mm, grid)
            scans.append(visit_as_is(source, grid))
            if simulate:
                rng = seeds.generator(self.seed, "bids", pair.subject, SIMULATED_SESSION)
                visit = draw_visit(rng, grid, len(classes) - 1, self.visit_range())
                require_no_folding(visit.displacement, grid, f"visit_mm={self.visit_mm:g}")
                scans.append(simulated_visit(source, visit, grid))
        return Cohort(
            name=self.name,
            scans=tuple(scans),
            classes=tuple(classes.values()),
            spacing_mm=grid.spacing_mm,
            synthetic=self.synthetic,
            revisits=(
                Revisits.SIMULATED if simulate else Revisits.REAL if max(sessions.values()) > 1 else Revisits.NONE
            ),
            notes=(
                *description,
                *(note_on_simulation(len(pairs) - len(chosen)) if simulate else ()),
                *note_on_fit(cut_off, grid),
            ),
        )

    def _used(self, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        """Scans of the first `max_subjects` people in seeded order; the order does not depend on who else is there."""
        subjects = sorted(
            {pair.subject for pair in pairs}, key=lambda name: seeds.seed(self.seed, "bids", "order", name)
        )
        chosen = set(subjects[: self.max_subjects])
        return tuple(pair for pair in pairs if pair.subject in chosen)


def require_readable(pairs: tuple[Pair, ...], known: Mapping[int, str] | None) -> int:
    """Read every file once, before any work is done; returns the highest label value.

    Raises:
        BenchError: the first bad file, and how many more there are.
    """
    problems: list[str] = []
    highest = 0
    for pair in pairs:
        try:
            highest = max(highest, int(read_volume(pair, known).labels.max()))
        except BenchError as error:
            problems.append(str(error))
    raise_first(problems)
    return highest


def default_classes(highest: int) -> dict[int, str]:
    """Names for data without a table of labels."""
    return {0: "background"} | {index: f"class-{index}" for index in range(1, highest + 1)}


def first_sessions(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Everybody's first session."""
    first: dict[str, Pair] = {}
    for pair in pairs:
        first.setdefault(pair.subject, pair)
    return tuple(first.values())


def note_on_simulation(unused: int) -> tuple[str, ...]:
    """The sentences for the record.

    Args:
        unused: how many real later sessions were left out.
    """
    simulated = "Second visits are simulated from each person's first scan (pose, small warp, contrast, bias, noise)."
    left_out = f"{unused} later real sessions are not used, because not everybody has one or because of the setting."
    return (simulated, left_out) if unused else (simulated,)
