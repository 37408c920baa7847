"""Which files of a BIDS tree belong together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.data.row import FIRST_SESSION, Row
from bench.errors import BenchError

IMAGE, LABELS = "_T1w", "_dseg"
SUFFIXES = (".nii.gz", ".nii")
DERIVATIVES = "derivatives"

Runs = Literal["refuse", "first", "all"]


@dataclass(frozen=True)
class Tree:
    """Where to look.

    Attributes:
        root: the folder with `sub-*`.
        runs: what to do where a session has several images; see `bench.data.bids.Bids`.
        labels: the folder below `root/derivatives` with the label maps; None if they lie beside the images.
    """

    root: Path
    runs: Runs = "refuse"
    labels: str | None = None

    def label_folder(self, anat: Path) -> Path:
        """Where the label maps of the images in `anat` lie."""
        return anat if self.labels is None else self.labels_root / anat.relative_to(self.root)

    @property
    def labels_root(self) -> Path:
        """The folder whose `dseg.tsv` says what the labels mean."""
        return self.root if self.labels is None else self.root / DERIVATIVES / self.labels


def find_rows(tree: Tree) -> tuple[tuple[Row, ...], list[str]]:
    """Every scan with its label map, by subject and session, and a line for every one that is missing or ambiguous.

    Raises:
        BenchError: there is no `sub-*` folder, no such folder of label maps, or no scan at all.
    """
    root = tree.root
    subjects = sorted(path for path in root.glob("sub-*") if path.is_dir())
    if not subjects:
        raise BenchError(f"{root} is no BIDS data set: it holds no sub-* folder; give the folder that does")
    if not tree.labels_root.is_dir():
        there = sorted(path.name for path in (root / DERIVATIVES).glob("*") if path.is_dir())
        raise BenchError(f"{root} has no {DERIVATIVES}/{tree.labels}; available: {', '.join(there) or 'none'}")
    rows: list[Row] = []
    problems: list[str] = []
    for subject in subjects:
        sessions = sorted(path for path in subject.glob("ses-*") if path.is_dir())
        places = [(FIRST_SESSION, subject), *((session.name, session) for session in sessions)]
        for session, place in places:
            try:
                rows += _rows(subject.name, session, place / "anat", tree)
            except BenchError as error:
                problems.append(str(error))
    if not rows and not problems:
        raise BenchError(
            f"{root} holds no scan; expected sub-*/[ses-*/]anat/*{IMAGE}.nii.gz, each with a matching *{LABELS}.nii.gz"
        )
    return tuple(rows), problems


def _rows(subject: str, session: str, anat: Path, tree: Tree) -> list[Row]:
    images = _by_stem(anat, IMAGE)
    labels = _by_stem(tree.label_folder(anat), LABELS)
    pairs: dict[str, tuple[Path, Path]] = {}
    described: set[str] = set()
    for stem, image in sorted(images.items()):
        fitting = sorted(other for other in labels if _describes(other, stem, list(images)))
        described.update(fitting)
        if stem in fitting:  # the plain name wins over what else a pipeline wrote, as in another space
            fitting = [stem]
        if not fitting:
            folder = "beside it" if tree.labels is None else f"in {tree.label_folder(anat)}"
            raise BenchError(f"{image} has no partner {stem}{LABELS}.nii.gz {folder}; add that file or remove this one")
        if len(fitting) > 1:
            raise BenchError(f"{image} has {len(fitting)} label maps, {', '.join(fitting)}; keep one of them")
        pairs[stem] = image, labels[fitting[0]]
    for stem in sorted(labels.keys() - described):
        raise BenchError(
            f"{labels[stem]} has no partner {stem}{IMAGE}.nii.gz beside it; add that file or remove this one"
        )
    if len(pairs) > 1 and tree.runs == "refuse":
        raise BenchError(
            f"{anat} holds {len(pairs)} T1w images; keep one per session, or choose with --set runs=first or runs=all"
        )
    if len(pairs) <= 1 or tree.runs == "first":
        return [Row(subject, session, *pair) for pair in list(pairs.values())[:1]]
    return [Row(subject, f"{session}_{_run(stem, subject, session)}", *pair) for stem, pair in pairs.items()]


def _describes(labels: str, image: str, images: list[str]) -> bool:
    """Whether a label map belongs to an image: the same name, or with more said at its end (`_space-T1w_desc-aseg`)."""
    owners = [stem for stem in images if labels == stem or labels.startswith(f"{stem}_")]
    return bool(owners) and max(owners, key=len) == image


def _run(stem: str, subject: str, session: str) -> str:
    """What tells an image apart from others of its session, as `run-2` or `acq-mprage_run-1`."""
    parts = [part for part in stem.split("_") if part not in (subject, session)]
    return "_".join(parts) or "run-1"


def _by_stem(folder: Path, kind: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for suffix in SUFFIXES:
        for path in sorted(folder.glob(f"*{kind}{suffix}")):
            stem = path.name.removesuffix(kind + suffix)
            if stem in found:
                raise BenchError(f"{path} and {found[stem].name} are the same scan twice; remove one of them")
            found[stem] = path
    return found
