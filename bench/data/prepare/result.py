"""What was asked for, what came out, and the tables that make the result a cohort."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import bench
from bench.atomic import write_text
from bench.data.bids_tables import CLASSES, DESCRIPTION
from bench.data.layouts.manifest import MANIFEST
from bench.data.prepare.reference import SPACE
from bench.data.prepare.scan import Quality
from bench.data.prepare.write import IMAGE, LABELS
from bench.data.row import Listing, Row
from bench.types.traits import Traits

SCANS = "scans"
"""The folder below which every scan has its own."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How scans are prepared.

    Attributes:
        spacing_mm: of the output; its field of view is 144 x 192 x 160 mm.
        n4: correct the bias field first.
        jobs: processes at a time.
    """

    spacing_mm: float = 1.0
    n4: bool = False
    jobs: int = 1

    def __post_init__(self) -> None:
        if not 0.5 <= self.spacing_mm <= 8:
            raise ValueError(f"spacing must be in [0.5, 8] mm, got {self.spacing_mm:g}")
        if self.jobs < 1:
            raise ValueError(f"jobs must be >= 1, got {self.jobs}")


@dataclass(frozen=True)
class Prepared:
    """One scan of the result.

    Attributes:
        place: its folder.
        fresh: made now, not found from an earlier time.
    """

    row: Row
    place: Path
    quality: Quality
    fresh: bool


def write_tables(
    out: Path,
    scans: list[Prepared],
    classes: Mapping[int, str],
    listing: Listing,
    preparation: Preparation,
    title: str,
) -> None:
    """Description, names of classes and manifest, the manifest last: it says that everything is there."""
    description = {
        "Name": f"{title}, prepared",
        "License": "that of the scans that it was made from",
        "GeneratedBy": [{"Name": "unveil-bench", "Version": bench.__version__, "Description": "bench data prepare"}],
        "Space": SPACE,
        "SpacingMm": preparation.spacing_mm,
        "N4": preparation.n4,
        "Notes": list(listing.notes),
    }
    write_text(out / DESCRIPTION, json.dumps(description, indent=1) + "\n")
    named = "".join(f"{index}\t{name}\n" for index, name in classes.items())
    write_text(out / CLASSES, f"index\tname\n{named}")
    lines = ["image,label,subject,session,family,age,sex"]
    lines += [
        ",".join(
            _quoted(cell)
            for cell in (
                f"{SCANS}/{scan.place.name}/{IMAGE}",
                f"{SCANS}/{scan.place.name}/{LABELS}",
                scan.row.subject,
                scan.row.session,
                scan.row.relatives,
                *_spelled(scan.row.traits),
            )
        )
        for scan in scans
    ]
    write_text(out / MANIFEST, "\n".join(lines) + "\n")


def _spelled(traits: Traits) -> tuple[str, str]:
    return "" if traits.age is None else f"{traits.age:g}", traits.sex or ""


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell
