"""What `bench data prepare` wrote: scans that lie on one grid already, listed in its `manifest.csv`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, final

from bench.data.about import About
from bench.data.bids_tables import DESCRIPTION, read_description
from bench.data.layouts.manifest import MANIFEST, Manifest
from bench.data.listed import ListedDataset, Recipe, RevisitsFrom
from bench.data.prepare.provenance import content
from bench.data.row import Listing
from bench.data.source import REGISTERED
from bench.errors import BenchError


@final
@dataclass(frozen=True, kw_only=True)
class Prepared(ListedDataset):
    """Scans in the space of the MNI152 template, left where they are.

    The middle of the volumes becomes the middle of the grid: at the spacing and shape of the preparation, voxels are
    taken over as they are.

    Attributes:
        revisits: `real` uses every session; `simulate` uses everybody's first one and makes two visits of it;
            `auto` is `real` if everybody has two or more sessions, else `simulate`.
        max_subjects: only so many people, chosen by seed; None for all.
        seed: chooses people and made-up visits.
    """

    name: ClassVar[str] = "prepared"
    summary: ClassVar[str] = "What `bench data prepare` wrote: your scans in the space of the MNI152 template."
    source: ClassVar[str] = "Unveil"
    synthetic: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True
    about: ClassVar[About] = About(
        size="yours",
        licence="that of the raw scans",
        get="bench data prepare NAME --root RAW --out DIR",
        citation="that of the raw scans",
        tree="""DIR/
  manifest.csv, dseg.tsv, dataset_description.json
  scans/SUBJECT_SESSION/{image.nii.gz,labels.nii.gz,provenance.json}
  contact-sheet.png, contact-sheet.html""",
    )

    revisits: RevisitsFrom = "auto"
    max_subjects: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self.recipe()

    def recipe(self) -> Recipe:
        """The settings, checked."""
        return Recipe(
            name=self.name,
            region=REGISTERED,
            revisits=self.revisits,
            max_subjects=self.max_subjects,
            seed=self.seed,
        )

    def listing(self, root: Path | None) -> Listing:
        """Every line of the table that the preparation wrote when it was through."""
        if root is not None and not root.is_dir():
            raise BenchError(f"{root} is no folder; give the one that `bench data prepare NAME --root RAW --out` wrote")
        if root is not None and not (root / MANIFEST).exists():
            raise BenchError(f"{root} has no {MANIFEST}: `bench data prepare` did not finish there; run it again")
        listing = Manifest().listing(root)
        described = listing.root / DESCRIPTION
        return replace(
            listing,
            labelling=replace(listing.labelling, may_be_empty=True),
            notes=read_description(listing.root),
            tables=(*listing.tables, *([described] if described.exists() else [])),
        )

    def content(self, file: Path) -> str:
        """What the file was made from, see `bench.data.prepare.provenance`."""
        return content(file)
