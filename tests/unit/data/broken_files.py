"""Files that are not what they should be."""

import gzip
import struct
from pathlib import Path

import nibabel

from tests.bids_trees import ball, small_affine
from tests.unit.data.broken import IMAGE, LABELS, broken, change_line, patch_header


@broken("copy it again")
def zero_bytes(root: Path) -> str:
    (root / IMAGE).write_bytes(b"")
    return IMAGE


@broken("copy it again")
def label_map_of_zero_bytes(root: Path) -> str:
    (root / LABELS).write_bytes(b"")
    return LABELS


@broken("copy it again")
def truncated_gzip(root: Path) -> str:
    content = (root / IMAGE).read_bytes()
    (root / IMAGE).write_bytes(content[: len(content) // 2])
    return IMAGE


@broken("")
def damaged_gzip(root: Path) -> str:
    content = bytearray((root / IMAGE).read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    (root / IMAGE).write_bytes(content)
    return IMAGE


@broken("copy it again")
def truncated_plain_file(root: Path) -> str:
    content = gzip.decompress((root / IMAGE).read_bytes())
    (root / "scans/02.nii").write_bytes(content[:-100])
    change_line(root, 0, "scans/02.nii")
    return "scans/02.nii"


@broken("replace it")
def wrong_magic(root: Path) -> str:
    patch_header(root / IMAGE, 344, b"xyz\0")
    patch_header(root / IMAGE, 0, struct.pack("<i", 999))
    return IMAGE


@broken("replace it")
def text_instead_of_an_image(root: Path) -> str:
    (root / IMAGE).write_bytes(b"not an image")
    return IMAGE


@broken("replace it")
def zipped_text_instead_of_an_image(root: Path) -> str:
    (root / IMAGE).write_bytes(gzip.compress(b"not an image"))
    return IMAGE


@broken("replace it")
def zipped_zeros(root: Path) -> str:
    (root / IMAGE).write_bytes(gzip.compress(bytes(400)))
    return IMAGE


@broken("")
def picture_called_nifti(root: Path) -> str:
    (root / IMAGE).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    return IMAGE


@broken("convert it to .nii.gz")
def analyze_file_without_orientation(root: Path) -> str:
    nibabel.save(nibabel.Spm99AnalyzeImage(ball(2)[0], small_affine()), root / "scans" / "old.img")
    change_line(root, 0, "scans/old.img")
    return "scans/old.img"


@broken("replace it")
def damaged_mgz(root: Path) -> str:
    (root / "scans/02.mgz").write_bytes(gzip.compress(b"\0\0\0\x09" + bytes(300)))
    change_line(root, 0, "scans/02.mgz")
    return "scans/02.mgz"


@broken("")
def truncated_mgz(root: Path) -> str:
    nibabel.save(nibabel.MGHImage(ball(2)[0], small_affine()), root / "scans/02.mgh")
    content = (root / "scans/02.mgh").read_bytes()
    (root / "scans/02.mgh").write_bytes(content[: len(content) // 2])
    change_line(root, 0, "scans/02.mgh")
    return "scans/02.mgh"


@broken("names are relative to")
def missing_file(root: Path) -> str:
    (root / IMAGE).unlink()
    return IMAGE


@broken("names are relative to")
def broken_link(root: Path) -> str:
    (root / IMAGE).unlink()
    (root / IMAGE).symlink_to(root / "gone")
    return IMAGE


@broken("names are relative to")
def links_in_a_loop(root: Path) -> str:
    (root / IMAGE).unlink()
    (root / IMAGE).symlink_to(root / "scans" / "other.nii.gz")
    (root / "scans" / "other.nii.gz").symlink_to(root / IMAGE)
    return IMAGE


@broken("")
def folder_instead_of_a_file(root: Path) -> str:
    (root / IMAGE).unlink()
    (root / IMAGE).mkdir()
    return IMAGE
