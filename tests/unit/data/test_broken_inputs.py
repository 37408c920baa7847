"""A corpus of broken inputs: each is one line that names the file and says what to do, and leaves nothing behind."""

import gzip
import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.data.layouts.manifest import Manifest
from bench.data.prepare.result import Preparation
from bench.data.prepare.run import prepare
from bench.data.source import LABELLED
from bench.errors import BenchError
from bench.progress import Task
from tests.bids_trees import SHAPE, SMALL, ball, small_affine, write
from tests.cohort_trees import manifest_tree, read_manifest, write_manifest

IMAGE, LABELS = "scans/02-0.nii.gz", "labels/02-0.nii.gz"
Damage = Callable[[Path], str]
"""Breaks something below the root; returns what the line must name."""

CORPUS: dict[str, tuple[Damage, str]] = {}
"""Damage with a part of the line that says what to do."""


def broken(remedy: str) -> Callable[[Damage], Damage]:
    def register(damage: Damage) -> Damage:
        CORPUS[damage.__name__.replace("_", " ")] = damage, remedy
        return damage

    return register


def change_line(root: Path, column: int, value: str, line: int = 3) -> None:
    lines = read_manifest(root)
    lines[line][column] = value
    write_manifest(root, lines)


def patch_header(path: Path, offset: int, content: bytes) -> None:
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[offset : offset + len(content)] = content
    path.write_bytes(gzip.compress(bytes(raw)))


# files that are not what they should be


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


# headers


@broken("correct its header")
def negative_spacing(root: Path) -> str:
    patch_header(root / IMAGE, 80, struct.pack("<f", -8.0))
    return IMAGE


@broken("correct its header")
def spacing_of_zero(root: Path) -> str:
    patch_header(root / IMAGE, 80, struct.pack("<f", 0.0))
    return IMAGE


@broken("resample it to orthogonal axes")
def sheared_affine(root: Path) -> str:
    affine = small_affine()
    affine[0, 1] = 3
    write(root / IMAGE, ball(2)[0], affine)
    return IMAGE


@broken("correct its header")
def affine_that_cannot_be_inverted(root: Path) -> str:
    patch_header(root / IMAGE, 280, bytes(16))  # srow_x
    return IMAGE


@broken("")
def affine_that_is_not_a_number(root: Path) -> str:
    patch_header(root / IMAGE, 280, struct.pack("<f", np.nan))
    return IMAGE


@broken("its header is damaged")
def header_that_claims_more_than_any_scanner_makes(root: Path) -> str:
    patch_header(root / IMAGE, 40, struct.pack("<4h", 3, 32000, 32000, 32000))
    return IMAGE


@broken("keep one 3D volume")
def two_dimensions(root: Path) -> str:
    write(root / IMAGE, ball(2)[0][:, :, 7])
    return IMAGE


@broken("keep one 3D volume")
def several_frames(root: Path) -> str:
    write(root / IMAGE, np.stack([ball(2)[0]] * 2, axis=-1))
    return IMAGE


@broken("keep one 3D volume")
def five_dimensions(root: Path) -> str:
    write(root / IMAGE, np.stack([ball(2)[0]] * 3, axis=-1)[..., None, :])
    return IMAGE


@broken("save one real number per voxel")
def complex_voxels(root: Path) -> str:
    write(root / IMAGE, ball(2)[0].astype(np.complex64))
    return IMAGE


@broken("save one real number per voxel")
def rgb_voxels(root: Path) -> str:
    write(root / IMAGE, np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")]))
    return IMAGE


# values


@broken("replace them with numbers")
def not_a_number(root: Path) -> str:
    image = ball(2)[0]
    image[3, 3, 3] = np.nan
    write(root / IMAGE, image)
    return IMAGE


@broken("replace them with numbers")
def infinity(root: Path) -> str:
    image = ball(2)[0]
    image[3, 3, 3] = -np.inf
    write(root / IMAGE, image)
    return IMAGE


@broken("replace or remove this scan")
def constant_image(root: Path) -> str:
    write(root / IMAGE, np.full(SHAPE, 7, np.float32))
    return IMAGE


@broken("check image and labels")
def image_that_is_dark_where_the_labels_are(root: Path) -> str:
    image = np.zeros(SHAPE, np.float32)
    image[0, 0, 0] = 50
    write(root / IMAGE, image)
    return IMAGE


@broken("replace or remove this scan")
def no_labelled_voxel(root: Path) -> str:
    write(root / LABELS, np.zeros(SHAPE, np.uint8))
    return LABELS


@broken("correct the file")
def negative_label(root: Path) -> str:
    write(root / LABELS, np.where(ball(2)[1] == 3, -1, 0).astype(np.int16))
    return LABELS


@broken("correct the file")
def label_of_a_thousand(root: Path) -> str:
    write(root / LABELS, np.where(ball(2)[1] == 3, 1001, 0).astype(np.int16))
    return LABELS


@broken("labels are whole numbers")
def interpolated_labels(root: Path) -> str:
    write(root / LABELS, ball(2)[1] * np.float32(0.5))
    return LABELS


@broken("add it there or correct the file")
def label_that_the_table_does_not_list(root: Path) -> str:
    (root / "dseg.tsv").write_text("index\tname\n1\tGM\n2\tWM\n3\tCSF\n")
    write(root / LABELS, np.where(ball(2)[1] == 3, 9, ball(2)[1]).astype(np.uint8))
    return LABELS


@broken("resample the labels to the image")
def label_map_of_another_shape(root: Path) -> str:
    write(root / LABELS, ball(2)[1][:-1])
    return LABELS


@broken("resample the labels to the image or correct the header")
def label_map_at_another_place(root: Path) -> str:
    affine = small_affine()
    affine[0, 3] += 0.25
    write(root / LABELS, ball(2)[1], affine)
    return LABELS


def with_mask(root: Path, mask: np.ndarray) -> str:
    write(root / "labels/mask.nii.gz", mask)
    lines = read_manifest(root)
    lines[0].append("brain")
    for number, line in enumerate(lines[1:], start=1):
        line.append("labels/mask.nii.gz" if number == 3 else "")
    write_manifest(root, lines)
    return "labels/mask.nii.gz"


@broken("replace or remove this scan")
def empty_mask(root: Path) -> str:
    return with_mask(root, np.zeros(SHAPE, np.uint8))


@broken("resample the mask to the image")
def mask_of_another_shape(root: Path) -> str:
    return with_mask(root, np.ones((4, 4, 4), np.uint8))


# tables


@broken("give each a session of its own")
def two_scans_of_one_name(root: Path) -> str:
    change_line(root, 2, "p01")
    return IMAGE


@broken("keep one of them")
def one_scan_under_two_names(root: Path) -> str:
    change_line(root, 0, "scans/01-0.nii.gz")
    return "scans/01-0.nii.gz"


@broken("keep one")
def one_person_of_two_families(root: Path) -> str:
    lines = read_manifest(root)
    lines[3][2:] = ["p01", "v2", "smith"]
    write_manifest(root, lines)
    return "manifest.csv"


@broken("four disjoint roles need at least 8")
def people_who_are_all_related(root: Path) -> str:
    lines = read_manifest(root)
    for line in lines[1:]:
        line[4] = "one"
    write_manifest(root, lines)
    return ""


@broken("fill that cell or remove the line")
def nobody_in_particular(root: Path) -> str:
    change_line(root, 2, "n/a")
    return "manifest.csv line 4"


@broken("save it as UTF-8")
def table_that_is_not_utf8(root: Path) -> str:
    (root / "manifest.csv").write_bytes("image,label,subject\nGrün,x,y\n".encode("latin-1"))
    return "manifest.csv"


@broken("it must be comma-separated with a heading line")
def table_without_its_column(root: Path) -> str:
    change_line(root, 2, "patient", line=0)
    return "manifest.csv"


@broken("it must be comma-separated with a heading line")
def table_with_semicolons(root: Path) -> str:
    text = (root / "manifest.csv").read_text()
    (root / "manifest.csv").write_text(text.replace(",", ";"))
    return "manifest.csv"


@broken("mend that line")
def row_with_a_missing_cell(root: Path) -> str:
    text = (root / "manifest.csv").read_text()
    (root / "manifest.csv").write_text(text.replace("p02,v1,", "p02"))
    return "manifest.csv line 4"


@broken("save it again as plain text")
def quote_that_never_ends(root: Path) -> str:
    with (root / "manifest.csv").open("a") as stream:
        stream.write('"scans/x.nii.gz,labels/x.nii.gz,px,v1,\n')
    return "manifest.csv"


@broken("it must be comma-separated")
def empty_table(root: Path) -> str:
    (root / "manifest.csv").write_bytes(b"")
    return "manifest.csv"


@broken("add a line for each")
def table_with_a_heading_only(root: Path) -> str:
    write_manifest(root, read_manifest(root)[:1])
    return "manifest.csv"


@broken("an index is a whole number")
def table_of_labels_with_a_word_for_a_number(root: Path) -> str:
    (root / "dseg.tsv").write_text("index\tname\nx\tGM\n")
    return "dseg.tsv"


@broken("save it as UTF-8")
def table_of_labels_that_is_not_utf8(root: Path) -> str:
    (root / "dseg.tsv").write_bytes("index\tname\n1\tHöhle\n".encode("latin-1"))
    return "dseg.tsv"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return manifest_tree(tmp_path_factory.mktemp("good") / "data")


@pytest.fixture
def root(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 40


def test_the_undamaged_cohort_loads(root: Path) -> None:
    assert len(Manifest().load(root, SMALL)) == 16


@pytest.mark.parametrize("name", CORPUS)
def test_a_broken_input_is_one_line_that_names_it_and_the_remedy(name: str, root: Path) -> None:
    damage, remedy = CORPUS[name]
    named = damage(root)
    with pytest.raises(BenchError) as caught:
        Manifest().load(root, SMALL)
    message = str(caught.value)
    assert "\n" not in message
    assert str(root / named) in message if named else str(root) in message
    assert remedy in message


def _prepare_only(root: Path, subject: str, out: Path) -> None:
    """Without the seven good scans, which take time and are tested elsewhere."""
    listing = Manifest().listing(root)
    rows = tuple(row for row in listing.rows if row.subject == subject)
    prepare(replace(listing, rows=rows), LABELLED, Preparation(spacing_mm=8.0), out, "test", Task("", 1))


@pytest.mark.parametrize("name", [name for name in CORPUS if name != "people who are all related"])
def test_a_broken_input_leaves_nothing_half_written(name: str, root: Path, tmp_path: Path) -> None:
    CORPUS[name][0](root)
    out = tmp_path / "out"
    with pytest.raises(BenchError):
        _prepare_only(root, "p02", out)
    assert [path for path in out.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name", ["truncated gzip", "label that the table does not list", "missing file", "table that is not utf8"]
)
def test_the_command_ends_with_2_and_that_line(name: str, root: Path) -> None:
    named = CORPUS[name][0](root)
    ended = CliRunner().invoke(app, ["data", "check", "manifest", "--root", str(root), "--quiet"])
    assert ended.exit_code == 2
    lines = [line for line in ended.output.splitlines() if line.startswith(("error:", "problem:"))]
    assert len(lines) == 1
    assert str(root / named) in lines[0]
    assert "Traceback" not in ended.output


def test_what_nobody_may_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(nibabel, "load", refuse)
    with pytest.raises(BenchError, match=r"00-0.nii.gz cannot be read .*Permission denied.*and 7 more"):
        Manifest().load(root, SMALL)
