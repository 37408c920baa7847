"""Scans named by a table of your own: one line a scan, in whatever folders they lie."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

from bench.data.about import About
from bench.data.bids_tables import CLASSES, read_classes
from bench.data.listed import ListedDataset, Recipe, RevisitsFrom
from bench.data.row import FIRST_SESSION, WHOLE_NUMBERS, Labelling, Listing, Row, repeated
from bench.data.source import REGIONS, BrainBy
from bench.data.table import MISSING, read_table
from bench.data.traits import traits_in
from bench.errors import BenchError

MANIFEST = "manifest.csv"
REQUIRED = ("image", "label", "subject")


@final
@dataclass(frozen=True, kw_only=True)
class Manifest(ListedDataset):
    """The scans that a comma-separated table names.

    `--root` is the table, or a folder with a `manifest.csv`. Columns: `image`, `label`, `subject`, and if you like
    `session`, `family` (people who must not straddle two roles), `brain` (a file that is not 0 inside of the brain),
    `age` (years at this scan) and `sex` (M, F or O). File names are relative to the table. A `dseg.tsv` beside it
    (columns `index`, `name`) names the classes.

    Attributes:
        revisits: `real` uses every session; `simulate` uses everybody's first one and makes two visits of it;
            `auto` is `real` if everybody has two or more sessions, else `simulate`.
        mask: what is brain: where a label is not 0 (`labels`), where the image is not 0 (`nonzero`), or where it is
            brighter than its mean, and nothing is set to 0 (`none`).
        max_subjects: only so many people, chosen by seed; None for all.
        seed: chooses people and made-up visits.
    """

    name: ClassVar[str] = "manifest"
    summary: ClassVar[str] = "Your own scans, listed in a CSV: image, label, subject, and more if you like."
    source: ClassVar[str] = "Unveil"
    synthetic: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True
    about: ClassVar[About] = About(
        size="yours",
        licence="yours",
        get="your own data",
        citation="that of your data",
        tree="""DIR/
  manifest.csv      image,label,subject[,session,family,brain,age,sex]
                    scans/a1.nii.gz,labels/a1.nii.gz,a,1,,,34,F
                    scans/a2.nii.gz,labels/a2.nii.gz,a,2,,,36,F
  dseg.tsv          index, name, if you like
  ...               NIfTI or .mgz files wherever the table says""",
    )

    revisits: RevisitsFrom = "auto"
    mask: BrainBy = "labels"
    max_subjects: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.mask not in REGIONS:
            raise ValueError(f"mask must be one of {', '.join(REGIONS)}, got {self.mask!r}")
        self.recipe()

    def recipe(self) -> Recipe:
        """The settings, checked."""
        return Recipe(
            name=self.name,
            region=REGIONS[self.mask],
            revisits=self.revisits,
            max_subjects=self.max_subjects,
            seed=self.seed,
        )

    def listing(self, root: Path | None) -> Listing:
        """Every line of the table."""
        path = table_at(root)
        folder = path.parent
        rows: list[Row] = []
        problems: list[str] = []
        families: dict[str, set[str]] = defaultdict(set)
        sexes: dict[str, set[str]] = defaultdict(set)
        for number, cells in enumerate(read_table(path, REQUIRED, ","), start=2):
            cells = {key: value.strip() for key, value in cells.items()}
            empty = [column for column in REQUIRED if cells[column] in MISSING]
            if empty:
                problems.append(f"{path} line {number} has no {empty[0]}; fill that cell or remove the line")
                continue
            try:
                row = _row(cells, folder)
            except ValueError as error:
                problems.append(f"{path} line {number} has {error}")
                continue
            families[row.subject].add(row.relatives)
            if row.traits.sex is not None:
                sexes[row.subject].add(row.traits.sex)
            problems += [
                f"{path} line {number} names {file}, which does not exist; names are relative to {folder}"
                for file in row.files
                if not file.exists()
            ]
            rows.append(row)
        for subject, names in families.items():
            if len(names) > 1:
                problems.append(
                    f"{path} gives {subject} the families {', '.join(sorted(names))}, which could put one person into "
                    "two roles; keep one"
                )
        problems += [
            f"{path} gives {subject} the sexes {', '.join(sorted(given))}; keep one, or n/a"
            for subject, given in sexes.items()
            if len(given) > 1
        ]
        if not rows and not problems:
            raise BenchError(f"{path} lists no scan; add a line for each, with {', '.join(REQUIRED)}")
        named = read_classes(folder)
        return Listing(
            root=folder,
            rows=tuple(sorted(rows, key=lambda row: (row.subject, row.session))),
            labelling=Labelling(classes=named, listed_in=WHOLE_NUMBERS if named is None else CLASSES),
            tables=(path,) if named is None else (path, folder / CLASSES),
            problems=(*problems, *repeated(tuple(rows))),
        )


def table_at(root: Path | None) -> Path:
    """The table that `root` is or holds.

    Raises:
        BenchError: there is none.
    """
    if root is None:
        raise BenchError(f"the manifest dataset needs your table; give it, or a folder with {MANIFEST}, with --root")
    path = root / MANIFEST if root.is_dir() else root
    if not path.is_file():
        raise BenchError(f"{path} is no file; give a table with the columns {', '.join(REQUIRED)}")
    return path


def _row(cells: dict[str, str], folder: Path) -> Row:
    def given(column: str) -> str:
        value = cells.get(column, "")
        return "" if value in MISSING else value

    return Row(
        subject=cells["subject"],
        session=given("session") or FIRST_SESSION,
        image=folder / cells["image"],
        labels=folder / cells["label"],
        family=given("family"),
        brain=folder / given("brain") if given("brain") else None,
        traits=traits_in(cells),
    )
