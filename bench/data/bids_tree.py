"""Which files of a BIDS tree belong together."""

import os
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

IMAGE, LABELS = "_T1w", "_dseg"
SUFFIXES = (".nii.gz", ".nii")
FIRST_SESSION = "visit-1"


@dataclass(frozen=True)
class Pair:
    """A T1-weighted image and its label map.

    Attributes:
        subject: name of the `sub-*` folder.
        session: name of the `ses-*` folder, or `visit-1` where there is none.
    """

    subject: str
    session: str
    image: Path
    labels: Path


def require_root(root: Path | None) -> Path:
    """The folder of the data set.

    Raises:
        BenchError: none was given, or it is no folder.
    """
    if root is None:
        raise BenchError("the bids dataset needs the folder of your data; give it with --root DIR")
    if not root.is_dir():
        raise BenchError(f"{root} is no folder; give the top folder of a BIDS data set (the one with sub-*)")
    return root


def find_pairs(root: Path) -> tuple[Pair, ...]:
    """Every scan with its label map, by subject and session.

    Raises:
        BenchError: there is no `sub-*` folder, or an image or a label map lacks its partner, or a session has several.
    """
    subjects = sorted(path for path in root.glob("sub-*") if path.is_dir())
    if not subjects:
        raise BenchError(f"{root} is no BIDS data set: it holds no sub-* folder; give the folder that does")
    pairs: list[Pair] = []
    problems: list[str] = []
    for subject in subjects:
        sessions = sorted(path for path in subject.glob("ses-*") if path.is_dir())
        places = [(FIRST_SESSION, subject), *((session.name, session) for session in sessions)]
        for session, place in places:
            try:
                pairs += _pair(subject.name, session, place / "anat")
            except BenchError as error:
                problems.append(str(error))
    raise_first(problems)
    if not pairs:
        raise BenchError(
            f"{root} holds no scan; expected sub-*/[ses-*/]anat/*{IMAGE}.nii.gz, each with a matching *{LABELS}.nii.gz"
        )
    return tuple(pairs)


def _pair(subject: str, session: str, folder: Path) -> list[Pair]:
    images, labels = _by_stem(folder, IMAGE), _by_stem(folder, LABELS)
    for stem in sorted(images.keys() ^ labels.keys()):
        present, wanted = (images[stem], LABELS) if stem in images else (labels[stem], IMAGE)
        raise BenchError(f"{present} has no partner {stem}{wanted}.nii.gz beside it; add that file or remove this one")
    if len(images) > 1:
        raise BenchError(f"{folder} holds {len(images)} T1w images; keep one per session")
    return [Pair(subject, session, images[stem], labels[stem]) for stem in images]


def _by_stem(folder: Path, kind: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for suffix in SUFFIXES:
        for path in sorted(folder.glob(f"*{kind}{suffix}")):
            stem = path.name.removesuffix(kind + suffix)
            if stem in found:
                raise BenchError(f"{path} and {found[stem].name} are the same scan twice; remove one of them")
            found[stem] = path
    return found


def raise_first(problems: list[str]) -> None:
    """Report the first of several bad files and how many more there are.

    Raises:
        BenchError: there is at least one.
    """
    if problems:
        more = len(problems) - 1
        count = f" (and {more} more bad {'file' if more == 1 else 'files'})" if more else ""
        raise BenchError(problems[0] + count)


def relative(path: Path, root: Path) -> str:
    """The path below `root` with forward slashes, the same on every system."""
    return os.path.relpath(path, root).replace(os.sep, "/")
