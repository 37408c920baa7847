"""A cohort out of a listing of scans: what every dataset of files shares, so that each one only reads its layout."""

import hashlib
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

from bench import seeds
from bench.data.appearance import AppearanceRange
from bench.data.file_hash import hash_of, hash_of_values
from bench.data.fit import fraction_cut_off, note_on_fit
from bench.data.nifti import read_labels
from bench.data.row import Labelling, Listing, Row, raise_first, relative, same_voxels
from bench.data.source import SIMULATED_SESSION, Region, made_up_visit, read_source, visit_as_is
from bench.data.visit import Visit, VisitRange, draw_visit, require_no_folding
from bench.dataset import Dataset, Grid
from bench.errors import BenchError
from bench.types.scan import Cohort, Revisits, Scan

FEWEST_FAMILIES = 8
FIRST_DAY = "first visit"
"""Axis of the seed of what is changed in first visits, where second ones are simulated."""
USUAL_VISIT = VisitRange(
    warp_mm=0.4,
    rotation_deg=1.0,
    shift_mm=0.7,
    appearance=AppearanceRange(contrast=0.02, gamma=0.08, bias=0.06, noise=0.02),
)
"""How much made-up visits differ from the scan on disk, where the dataset has no settings for it."""

RevisitsFrom = Literal["auto", "real", "simulate"]
Keep = Callable[[Scan], Scan]
"""Takes a scan that is ready and returns it, perhaps from another place."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a listing becomes a cohort.

    Attributes:
        name: of the dataset.
        region: what counts as brain.
        revisits: see `bench.data.bids.Bids`.
        max_subjects: only so many people, chosen by seed; None for all.
        seed: chooses people and made-up visits.
        visit: how much made-up visits differ from the scan on disk, both of a person alike.
    """

    name: str
    region: Region
    revisits: RevisitsFrom = "auto"
    max_subjects: int | None = None
    seed: int = 0
    visit: VisitRange = USUAL_VISIT

    def __post_init__(self) -> None:
        if self.revisits not in ("auto", "real", "simulate"):
            raise ValueError(f"revisits must be auto, real or simulate, got {self.revisits!r}")
        if self.max_subjects is not None and self.max_subjects < FEWEST_FAMILIES:
            raise ValueError(f"max_subjects must be >= {FEWEST_FAMILIES} or None, got {self.max_subjects}")

    def used(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Scans of the first `max_subjects` people in seeded order; the order does not depend on who else is there."""
        subjects = sorted(
            {row.subject for row in rows}, key=lambda name: seeds.seed(self.seed, self.name, "order", name)
        )
        chosen = set(subjects[: self.max_subjects])
        return tuple(row for row in rows if row.subject in chosen)


class ListedDataset(Dataset):
    """A dataset that is a listing of files and a recipe."""

    voxel_version: ClassVar[int] = 2

    @abstractmethod
    def listing(self, root: Path | None) -> Listing:
        """Every scan below `root`; what is missing or ambiguous is in its `problems`.

        Raises:
            BenchError: `root` is not what it should be, or a table is bad.
        """

    @abstractmethod
    def recipe(self) -> Recipe:
        """How the listing becomes a cohort."""

    @final
    def fingerprint(self, root: Path | None) -> str:
        """Hash of names and contents of the used scans and of the tables beside them."""
        listing = self.listing(root)
        raise_first(list(listing.problems))
        return hash_of_files(
            [*(file for row in self.recipe().used(listing.rows) for file in row.files), *listing.tables],
            listing.root,
            self.content,
        )

    def content(self, file: Path) -> str:
        """What stands for a file of the listing in the fingerprint: the hash of its bytes."""
        return hash_of(file)

    @final
    def load(self, root: Path | None, grid: Grid) -> Cohort:
        """Read every file and put every scan on `grid`."""
        return self.load_keeping(root, grid, lambda scan: scan)

    @final
    def load_keeping(self, root: Path | None, grid: Grid, keep: Keep) -> Cohort:
        """The same, handing every scan that is ready to `keep`, so that they need not all be in memory."""
        listing, recipe = self.listing(root), self.recipe()
        raise_first(list(listing.problems))
        return load_cohort(listing, recipe, grid, keep)


def hash_of_files(files: Iterable[Path], root: Path, content: Callable[[Path], str] = hash_of) -> str:
    """Hash of the names below `root` and the contents of `files`, whatever their order.

    Raises:
        BenchError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        digest.update(f"{relative(file, root)}\0{content(file)}\n".encode())
    return digest.hexdigest()


def load_cohort(listing: Listing, recipe: Recipe, grid: Grid, keep: Keep = lambda scan: scan) -> Cohort:
    """Every used scan on `grid`; each image is decoded once.

    Raises:
        BenchError: too few families, or a bad file: the first one, and how many more there are.
    """
    rows = recipe.used(listing.rows)
    count = len({row.relatives for row in rows})
    if count < FEWEST_FAMILIES:
        raise BenchError(f"{listing.root} holds {count} families; four disjoint roles need at least {FEWEST_FAMILIES}")
    sessions = Counter(row.subject for row in rows)
    simulate = recipe.revisits == "simulate" or (recipe.revisits == "auto" and min(sessions.values()) < 2)
    chosen = first_sessions(rows) if simulate else rows
    classes = listing.labelling.classes or default_classes(highest_label(rows, listing.labelling))

    scans: list[Scan] = []
    cut_off: dict[str, float] = {}
    problems: list[str] = []
    shown: dict[str, Row] = {}
    for row in chosen:
        days = _two_days(row, recipe, grid, len(classes) - 1) if simulate and not problems else ()
        try:
            source = read_source(row, listing.labelling, tuple(classes), recipe.region)
            same = shown.setdefault(hash_of_values(source.volume.image), row)
            if same is not row:
                raise BenchError(same_voxels([(one.name, str(one.image)) for one in (same, row)]))
            if problems:
                continue  # only the other bad files are of interest now
            cut_off[str(row.image)] = fraction_cut_off(source.brain_mm - source.centre_mm, grid)
            if simulate:
                scans += [
                    keep(made_up_visit(source, day, grid, second=bool(number))) for number, day in enumerate(days)
                ]
            else:
                scans.append(keep(visit_as_is(source, grid)))
        except BenchError as error:
            problems.append(str(error))
    raise_first(problems)
    return Cohort(
        name=recipe.name,
        scans=tuple(scans),
        classes=tuple(classes.values()),
        spacing_mm=grid.spacing_mm,
        synthetic=False,
        revisits=Revisits.SIMULATED if simulate else Revisits.REAL if max(sessions.values()) > 1 else Revisits.NONE,
        notes=(
            *listing.notes,
            *(note_on_simulation(len(rows) - len(chosen), recipe.region) if simulate else ()),
            *note_on_fit(cut_off, grid),
        ),
    )


def _two_days(row: Row, recipe: Recipe, grid: Grid, classes: int) -> tuple[Visit, Visit]:
    """What two visits change, drawn in the same way, so that nothing but the person tells which scans belong together.

    A scan as it is beside one that was changed can be told apart by noise and contrast alone; with one of either kind a
    person, that halves the gallery of whoever notices.
    """

    def day(session: str) -> Visit:
        rng = seeds.generator(recipe.seed, recipe.name, row.subject, session)
        visit = draw_visit(rng, grid, classes, recipe.visit)
        require_no_folding(visit.displacement, grid, f"visit_mm={recipe.visit.warp_mm:g}")
        return visit

    return day(FIRST_DAY), day(SIMULATED_SESSION)


def highest_label(rows: tuple[Row, ...], labelling: Labelling) -> int:
    """The highest class number in any label map; reads no image.

    Raises:
        BenchError: the first bad label map, and how many more there are.
    """
    problems: list[str] = []
    highest = 0
    for row in rows:
        try:
            highest = max(highest, int(read_labels(row.labels, labelling).max()))
        except BenchError as error:
            problems.append(str(error))
    raise_first(problems)
    return highest


def default_classes(highest: int) -> dict[int, str]:
    """Names for data without a table of labels."""
    return {0: "background"} | {index: f"class-{index}" for index in range(1, highest + 1)}


def first_sessions(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Everybody's first session."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.subject, row)
    return tuple(first.values())


def note_on_simulation(unused: int, region: Region) -> tuple[str, ...]:
    """The sentences for the record.

    Args:
        unused: how many real later sessions were left out.
        region: tells whether scans were moved apart from each other.
    """
    simulated = (
        "Second visits are simulated: one scan makes both (pose, small warp, contrast, bias, noise of their own)."
    )
    as_it_lay = (
        "Scans are centred on the brain and not registered further: how a head lies and how large it is tells people "
        "apart, and is the same at both visits. `bench data prepare` registers them."
    )
    left_out = f"{unused} later real sessions are not used, because not everybody has one or because of the setting."
    return (simulated, *([as_it_lay] if region.centred else []), *([left_out] if unused else []))
