"""Tiny cohorts in every layout that a dataset reads, made by the tests themselves."""

import csv
from pathlib import Path

import nibabel
import numpy as np

from tests.bids_trees import ball, small_affine, write

ASEG_OF = np.array([0, 24, 3, 2])
"""A label of aseg for each shell of a ball: CSF outside, then cortex, then white matter."""


def write_mgz(path: Path, data: np.ndarray) -> None:
    """A FreeSurfer volume and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.MGHImage(data, small_affine()), path)


def time_point(root: Path, name: str, person: int, images: tuple[str, ...] = ("norm",)) -> Path:
    """A FreeSurfer subject folder."""
    image, labels = ball(person)
    for kind in images:
        write_mgz(root / name / "mri" / f"{kind}.mgz", image)
    write_mgz(root / name / "mri" / "aseg.mgz", ASEG_OF[labels].astype(np.int32))
    return root / name


def ppmi_tree(root: Path, people: int = 8) -> Path:
    """Eight people, the even ones with a second visit."""
    for person in range(people):
        time_point(root, f"{3000 + person}_BL", person)
        if person % 2 == 0:
            time_point(root, f"{3000 + person}_V04", person + 100)
    return root


def brats_tree(root: Path, people: int = 8) -> Path:
    """Tumours 1, 2 and 4."""
    for person in range(people):
        image, labels = ball(person)
        name = f"BraTS2021_{person:05d}"
        write(root / name / f"{name}_t1ce.nii.gz", image)
        write(root / name / f"{name}_flair.nii.gz", image + 5 * (image > 0))
        write(root / name / f"{name}_seg.nii.gz", np.array([0, 0, 2, 4])[labels].astype(np.uint8))
    return root


def mslesseg_tree(root: Path) -> Path:
    """Six people with two visits, three with one."""
    for person in range(1, 7):
        for visit in (1, 2):
            _lesions(root / "train" / f"P{person}" / f"T{visit}", f"P{person}_T{visit}", person + 100 * visit)
    for person in (54, 55, 60):
        _lesions(root / "test" / f"P{person}", f"P{person}", person)
    return root


def open_ms_tree(root: Path, people: int = 8) -> Path:
    """Two visits of each; the skull is bright and outside of the mask."""
    for person in range(1, people + 1):
        place = root / "longitudinal" / "coregistered" / f"patient{person:02d}"
        image, labels = ball(person)
        head = image + 200 * (labels == 0)
        for visit in (1, 2):
            write(place / f"study{visit}_FLAIR.nii.gz", head + visit)
        write(place / "gt.nii.gz", (labels == 3).astype(np.uint8))
        prefix = f"{place.name}_" if person == 3 else ""  # as in older copies
        write(place / f"{prefix}brainmask.nii.gz", (labels > 0).astype(np.uint8))
    return root


def manifest_tree(root: Path, people: int = 8, sessions: int = 1) -> Path:
    """A table and the files that it names, images and labels in folders of their own."""
    lines = [["image", "label", "subject", "session", "family"]]
    for person in range(people):
        for session in range(sessions):
            image, labels = ball(person)
            name = f"{person:02d}-{session}.nii.gz"
            write(root / "scans" / name, image + session)
            write(root / "labels" / name, labels)
            lines.append([f"scans/{name}", f"labels/{name}", f"p{person:02d}", f"v{session + 1}", ""])
    write_manifest(root, lines)
    return root


def write_manifest(root: Path, lines: list[list[str]]) -> None:
    """The table."""
    with (root / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(lines)


def read_manifest(root: Path) -> list[list[str]]:
    """Its lines, to be changed."""
    with (root / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def _lesions(place: Path, stem: str, person: int) -> None:
    image, labels = ball(person)
    write(place / f"{stem}_FLAIR.nii.gz", image)
    write(place / f"{stem}_MASK.nii.gz", (labels == 3).astype(np.uint8))
