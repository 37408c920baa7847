"""What a reader of some folder layout finds: which files are one scan, whose it is, and what its labels mean."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import BenchError
from bench.types.traits import UNKNOWN, Traits

FIRST_SESSION = "visit-1"
"""The session of people who have no named ones."""

WHOLE_NUMBERS = "a whole number from 0 to 255"


@dataclass(frozen=True)
class Row:
    """One scan: a T1-weighted or other image with its label map.

    Attributes:
        subject: the person.
        session: the visit, unique for a person.
        family: people who must share a role; empty for the person alone.
        brain: a file that is not 0 inside of the brain, for images that still show the skull.
        traits: the person's age and sex, where a table says.
    """

    subject: str
    session: str
    image: Path
    labels: Path
    family: str = ""
    brain: Path | None = None
    traits: Traits = UNKNOWN

    @property
    def relatives(self) -> str:
        """Name of the family; everybody has one."""
        return self.family or self.subject

    @property
    def name(self) -> str:
        """`subject_session`, unique within a listing."""
        return f"{self.subject}_{self.session}"

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that decides this scan."""
        return (self.image, self.labels) if self.brain is None else (self.image, self.labels, self.brain)


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """What the numbers in label maps mean.

    Attributes:
        classes: name of every class by number, background (0) first; None where no table says it.
        groups: class of every number that may stand in a file; None if the numbers are classes already.
        listed_in: what allows a number, for the message about one that it does not.
        may_be_empty: a scan without any labelled voxel is fine, as one without a lesion.
    """

    classes: Mapping[int, str] | None = None
    groups: Mapping[int, int] | None = None
    listed_in: str = WHOLE_NUMBERS
    may_be_empty: bool = False

    @property
    def allowed(self) -> frozenset[int]:
        """Numbers that may stand in a file."""
        if self.groups is not None:
            return frozenset(self.groups)
        return frozenset(range(256) if self.classes is None else self.classes)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A cohort as it lies on disk.

    Attributes:
        root: the folder that names in messages and in the fingerprint are relative to.
        rows: by person and visit.
        labelling: what the label maps mean.
        notes: sentences for the record: origin, licence, caveats.
        tables: files besides the scans that decide them.
        problems: lines about what is missing or ambiguous; a cohort with any is not loaded.
    """

    root: Path
    rows: tuple[Row, ...]
    labelling: Labelling = field(default_factory=Labelling)
    notes: tuple[str, ...] = ()
    tables: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def require_folder(root: Path | None, dataset: str, expected: str) -> Path:
    """The folder of a data set.

    Args:
        dataset: its name, for the message.
        expected: what the folder is, after "give".

    Raises:
        BenchError: none was given, or it is no folder.
    """
    if root is None:
        raise BenchError(f"the {dataset} dataset needs the folder of your data; give it with --root DIR")
    if not root.is_dir():
        raise BenchError(f"{root} is no folder; give {expected}")
    return root


def repeated(rows: tuple[Row, ...]) -> list[str]:
    """A line for every scan that is listed under two names, or name that two scans have."""
    problems: list[str] = []
    by_name: dict[str, Row] = {}
    by_image: dict[str, Row] = {}
    for row in rows:
        other = by_name.setdefault(row.name, row)
        if other is not row:
            problems.append(f"{row.image} and {other.image} are both {row.name}; give each a session of its own")
        same = by_image.setdefault(os.path.realpath(row.image), row)
        if same is not row:
            problems.append(f"{row.image} is listed twice, as {same.name} and as {row.name}; keep one of them")
    return problems


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


def same_voxels(scans: Sequence[tuple[str, str]]) -> str:
    """The line about one image that stands under several names.

    Args:
        scans: name and file of each.
    """
    names, images = zip(*scans, strict=True)
    return (
        f"{images[0]} holds the same voxels as {', '.join(images[1:])} ({', '.join(names)}); keep one, or one person "
        "could play two roles"
    )
