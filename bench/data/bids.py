"""Any BIDS data set with label maps: `sub-*/[ses-*/]anat/*_T1w.nii[.gz]` and `*_dseg.nii[.gz]`."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

from bench.data.about import About
from bench.data.appearance import AppearanceRange
from bench.data.bids_tables import (
    CLASSES,
    DESCRIPTION,
    PARTICIPANTS,
    read_classes,
    read_description,
    read_families,
    read_traits,
)
from bench.data.bids_tree import Runs, Tree, find_rows
from bench.data.listed import ListedDataset, Recipe, RevisitsFrom
from bench.data.row import WHOLE_NUMBERS, Labelling, Listing, repeated, require_folder
from bench.data.source import REGIONS, BrainBy
from bench.data.visit import VisitRange
from bench.types.traits import UNKNOWN


@final
@dataclass(frozen=True, kw_only=True)
class Bids(ListedDataset):
    """Your scans with your label maps.

    Every scan is put on the grid in scanner coordinates, axes right, anterior and superior, with the brain's centre of
    mass in the middle of the grid. The brain is where a label is not 0; with `mask = nonzero`, where the image is not
    0; with `mask = none`, where the image is brighter than its mean.

    Attributes:
        revisits: `real` uses every session; `simulate` uses everybody's first one and makes two visits of it, both in
            the same way; `auto` is `real` if everybody has two or more sessions, else `simulate`.
        mask: `labels` sets the image to 0 where the label is 0; `nonzero` and `none` leave it.
        runs: where a session has several T1w images, `refuse` stops, `first` uses the first by name and `all` makes
            each a session of its own, as visits on one day.
        labels: folder below `derivatives` with the label maps; None if they lie beside the images.
        max_subjects: only so many people, chosen by seed; None for all.
        visit_mm: root mean square of the change of shape of a made-up visit, along each axis.
        rotation_deg: standard deviation of each angle of its pose.
        shift_mm: standard deviation of each shift of its pose.
        contrast: standard deviation of the change of each class's intensity.
        gamma: standard deviation of the logarithm of its gamma.
        bias: standard deviation of the logarithm of its bias field.
        noise: standard deviation of the Rician noise that it adds.
        seed: chooses people and made-up visits.
    """

    name: ClassVar[str] = "bids"
    summary: ClassVar[str] = "Your own BIDS data: T1w images with dseg label maps; second visits real or simulated."
    source: ClassVar[str] = "BIDS 1.9, Gorgolewski et al., Scientific Data 3, 2016; simulated visits after SynthSeg"
    synthetic: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True
    about: ClassVar[About] = About(
        size="yours",
        licence="yours",
        get="your own data, or any BIDS data set with label maps, such as those of openneuro.org with derivatives",
        citation="that of the data set; BIDS: Gorgolewski et al., Scientific Data 3, 2016",
        tree="""DIR/
  dataset_description.json    name and licence, if you like
  participants.tsv            participant_id, family_id, age, sex, if you like
  dseg.tsv                    index, name, if you like
  sub-01/[ses-1/]anat/sub-01_[ses-1_]T1w.nii.gz
  sub-01/[ses-1/]anat/sub-01_[ses-1_]dseg.nii.gz
or, with --set labels=PIPELINE, the label maps in
  derivatives/PIPELINE/sub-01/[ses-1/]anat/sub-01_[ses-1_][...]dseg.nii.gz""",
    )

    revisits: RevisitsFrom = "auto"
    mask: BrainBy = "labels"
    runs: Runs = "refuse"
    labels: str | None = None
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
        for setting, allowed in (("mask", tuple(REGIONS)), ("runs", ("refuse", "first", "all"))):
            if getattr(self, setting) not in allowed:
                raise ValueError(f"{setting} must be one of {', '.join(allowed)}, got {getattr(self, setting)!r}")
        if self.labels is not None and (Path(self.labels).is_absolute() or ".." in Path(self.labels).parts):
            raise ValueError(f"labels must name a folder below derivatives, got {self.labels!r}")
        self.recipe()

    def recipe(self) -> Recipe:
        """The settings, checked."""
        appearance = AppearanceRange(contrast=self.contrast, gamma=self.gamma, bias=self.bias, noise=self.noise)
        return Recipe(
            name=self.name,
            region=REGIONS[self.mask],
            revisits=self.revisits,
            max_subjects=self.max_subjects,
            seed=self.seed,
            visit=VisitRange(
                warp_mm=self.visit_mm,
                rotation_deg=self.rotation_deg,
                shift_mm=self.shift_mm,
                appearance=appearance,
            ),
        )

    def listing(self, root: Path | None) -> Listing:
        """Every T1w image with its label map."""
        folder = require_folder(root, self.name, "the top folder of a BIDS data set (the one with sub-*)")
        tree = Tree(folder, self.runs, self.labels)
        rows, problems = find_rows(tree)
        # A person without a usable scan needs no row, but guessing about one with a scan could part twins.
        families = {} if problems else read_families(folder, [row.subject for row in rows])
        traits, unread = ({}, ()) if problems else read_traits(folder)
        rows = tuple(
            dataclasses.replace(row, family=families.get(row.subject, ""), traits=traits.get(row.subject, UNKNOWN))
            for row in rows
        )
        named = read_classes(tree.labels_root) or read_classes(folder)
        tables = (tree.labels_root / CLASSES, folder / CLASSES, folder / PARTICIPANTS, folder / DESCRIPTION)
        return Listing(
            root=folder,
            rows=rows,
            labelling=Labelling(classes=named, listed_in=WHOLE_NUMBERS if named is None else CLASSES),
            notes=(*read_description(folder), *unread),
            tables=tuple(dict.fromkeys(table for table in tables if table.exists())),
            problems=(*problems, *repeated(rows)),
        )
