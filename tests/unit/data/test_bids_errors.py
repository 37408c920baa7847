"""Every bad input gives one line that names the file and the remedy."""

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from bench.data.bids import Bids
from bench.dataset import Grid
from bench.errors import BenchError
from tests.bids_trees import SHAPE, SMALL, ball, small_affine, write

Tree = Callable[..., Path]
T1W = "sub-02/anat/sub-02_T1w.nii.gz"
DSEG = "sub-02/anat/sub-02_dseg.nii.gz"


def one_line(root: Path | None, grid: Grid = SMALL, dataset: Bids | None = None) -> str:
    with pytest.raises(BenchError) as caught:
        (dataset or Bids()).load(root, grid)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_no_root() -> None:
    assert "--root" in one_line(None)
    with pytest.raises(BenchError, match="--root"):
        Bids().fingerprint(None)


def test_root_does_not_exist(tmp_path: Path) -> None:
    assert f"{tmp_path / 'nowhere'} is no folder" in one_line(tmp_path / "nowhere")


def test_no_bids_folder(tmp_path: Path) -> None:
    assert "holds no sub-* folder" in one_line(tmp_path)


def test_subjects_without_scans(tmp_path: Path) -> None:
    (tmp_path / "sub-01").mkdir()
    assert "holds no scan; expected sub-*/[ses-*/]anat/*_T1w.nii.gz" in one_line(tmp_path)


@pytest.mark.parametrize(("removed", "left", "wanted"), [(DSEG, T1W, "_dseg"), (T1W, DSEG, "_T1w")])
def test_missing_partner(tree: Tree, removed: str, left: str, wanted: str) -> None:
    root = tree()
    (root / removed).unlink()
    assert f"{root / left} has no partner sub-02{wanted}.nii.gz" in one_line(root)
    with pytest.raises(BenchError, match="has no partner"):
        Bids().fingerprint(root)


def test_two_images_in_one_session(tree: Tree) -> None:
    root = tree()
    for kind, data in zip(("T1w", "dseg"), ball(0), strict=True):
        write(root / f"sub-02/anat/sub-02_run-2_{kind}.nii.gz", data)
    assert "sub-02/anat holds 2 T1w images; keep one per session" in one_line(root)


def test_compressed_and_plain_copy_of_one_scan(tree: Tree) -> None:
    root = tree()
    write(root / "sub-02/anat/sub-02_T1w.nii", ball(0)[0])
    assert "are the same scan twice" in one_line(root)


def test_shape_mismatch(tree: Tree) -> None:
    root = tree()
    write(root / DSEG, ball(2)[1][:-1])
    said = one_line(root)
    assert f"{root / DSEG} has shape 15x18x14, its image sub-02_T1w.nii.gz 16x18x14 (right x anterior x " in said


def test_affine_mismatch(tree: Tree) -> None:
    root = tree()
    shifted = small_affine()
    shifted[0, 3] += 0.25
    write(root / DSEG, ball(2)[1], shifted)
    assert f"{root / DSEG} has another affine than sub-02_T1w.nii.gz (largest difference 0.25 mm" in one_line(root)


def test_affine_within_tolerance_is_accepted(tree: Tree) -> None:
    root = tree()
    shifted = small_affine()
    shifted[0, 3] += 5e-4
    write(root / DSEG, ball(2)[1], shifted)
    assert len(Bids().load(root, SMALL)) == 16


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_a_number(tree: Tree, value: float) -> None:
    root = tree()
    image, _ = ball(2)
    image[3, 3, 3] = value
    write(root / T1W, image)
    assert f"{root / T1W} holds 1 NaN or infinite voxels" in one_line(root)


def test_label_that_is_not_in_the_table(tree: Tree) -> None:
    root = tree()
    (root / "dseg.tsv").write_text("index\tname\n0\tbackground\n1\tGM\n2\tWM\n")
    assert "_dseg.nii.gz holds label 3, which is not listed in dseg.tsv" in one_line(root)


def test_label_that_is_negative(tree: Tree) -> None:
    root = tree()
    write(root / DSEG, np.where(ball(2)[1] == 3, -1, 0).astype(np.int16))
    assert f"{root / DSEG} holds label -1, which is not a whole number from 0 to 255" in one_line(root)


def test_label_that_is_no_whole_number(tree: Tree) -> None:
    root = tree()
    write(root / DSEG, ball(2)[1] * np.float32(0.5))
    assert f"{root / DSEG} holds label 0.5; labels are whole numbers" in one_line(root)


def test_truncated_gzip(tree: Tree) -> None:
    root = tree()
    content = (root / T1W).read_bytes()
    (root / T1W).write_bytes(content[: len(content) // 2])
    assert f"{root / T1W} is truncated or damaged" in one_line(root)


def test_damaged_gzip(tree: Tree) -> None:
    root = tree()
    content = bytearray((root / T1W).read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    (root / T1W).write_bytes(content)
    assert str(root / T1W) in one_line(root)


def test_truncated_plain_file(tree: Tree) -> None:
    root = tree()
    content = gzip.decompress((root / T1W).read_bytes())
    (root / T1W).unlink()
    plain = root / T1W.removesuffix(".gz")
    plain.write_bytes(content[:-100])
    assert f"{plain} cannot be read" in one_line(root)


def test_zero_bytes(tree: Tree) -> None:
    root = tree()
    (root / T1W).write_bytes(b"")
    assert f"{root / T1W} is empty (zero bytes); copy it again" in one_line(root)


@pytest.mark.parametrize(
    "content",
    [b"not an image", gzip.compress(b"not an image"), gzip.compress(bytes(400))],
    ids=["text", "zipped text", "zeros"],
)
def test_not_nifti(tree: Tree, content: bytes) -> None:
    root = tree()
    (root / T1W).write_bytes(content)
    assert str(root / T1W) in one_line(root)


def test_broken_link(tree: Tree) -> None:
    root = tree()
    (root / T1W).unlink()
    (root / T1W).symlink_to(root / "gone")
    assert f"{root / T1W} is a broken link; fetch its content" in one_line(root)
    with pytest.raises(BenchError, match="cannot read"):
        Bids().fingerprint(root)


def test_no_labelled_voxel(tree: Tree) -> None:
    root = tree()
    write(root / DSEG, np.zeros(SHAPE, np.uint8))
    assert f"{root / DSEG} is empty: every label is 0" in one_line(root)


def test_constant_image(tree: Tree) -> None:
    root = tree()
    write(root / T1W, np.full(SHAPE, 7, np.float32))
    assert f"{root / T1W} is empty: every voxel is 7" in one_line(root)


def test_image_that_is_dark_where_the_labels_are(tree: Tree) -> None:
    root = tree()
    image = np.zeros(SHAPE, np.float32)
    image[0, 0, 0] = 50
    write(root / T1W, image)
    assert f"{root / T1W} has no positive intensity inside of the brain" in one_line(root, Grid((40, 40, 40), 8.0))


def test_several_frames(tree: Tree) -> None:
    root = tree()
    write(root / T1W, np.stack([ball(2)[0]] * 2, axis=-1))
    assert f"{root / T1W} has shape 16x18x14x2; keep one 3D volume" in one_line(root)


def test_one_frame_is_accepted(tree: Tree) -> None:
    root = tree()
    write(root / T1W, ball(2)[0][..., None])
    assert len(Bids().load(root, SMALL)) == 16


def test_complex_voxels(tree: Tree) -> None:
    root = tree()
    write(root / T1W, ball(2)[0].astype(np.complex64))
    assert f"{root / T1W} holds complex voxels" in one_line(root)


def test_rgb_voxels(tree: Tree) -> None:
    root = tree()
    write(root / T1W, np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")]))
    assert f"{root / T1W} holds RGB voxels" in one_line(root)


def test_affine_that_cannot_be_inverted(tree: Tree) -> None:
    root = tree()
    scan = nibabel.Nifti1Image(ball(2)[0], small_affine())
    scan.header["srow_x"] = 0
    nibabel.save(scan, root / T1W)
    content = bytearray(gzip.decompress((root / T1W).read_bytes()))
    content[280:296] = bytes(16)  # srow_x
    (root / T1W).write_bytes(gzip.compress(bytes(content)))
    assert f"{root / T1W} has an affine that cannot be inverted" in one_line(root)


def test_several_bad_files_are_counted(tree: Tree) -> None:
    root = tree()
    for person in (2, 4, 5):
        (root / f"sub-{person:02d}/anat/sub-{person:02d}_T1w.nii.gz").write_bytes(b"")
    message = one_line(root)
    assert message.startswith(str(root / T1W))
    assert message.endswith("(and 2 more bad files)")


def test_too_few_families(tree: Tree) -> None:
    root = tree()
    rows = "".join(f"sub-{person:02d}\t{person // 2}\n" for person in range(8))
    (root / "participants.tsv").write_text("participant_id\tfamily_id\n" + rows)
    assert "holds 4 families; four disjoint roles need at least 8" in one_line(root)


def test_participants_that_are_not_text(tree: Tree) -> None:
    root = tree()
    (root / "participants.tsv").write_bytes("participant_id\nGrün".encode("latin-1"))
    assert f"{root / 'participants.tsv'} is not UTF-8 text" in one_line(root)


@pytest.mark.parametrize("content", ["", "id\tage\nsub-00\t3\n", "participant_id,family_id\nsub-00,1\n"])
def test_participants_without_their_column(tree: Tree, content: str) -> None:
    root = tree()
    (root / "participants.tsv").write_text(content)
    assert f"{root / 'participants.tsv'} has no column 'participant_id'" in one_line(root)


def test_families_that_leave_somebody_out(tree: Tree) -> None:
    root = tree()
    (root / "participants.tsv").write_text("participant_id\tfamily_id\nsub-00\t1\n")
    assert "has no row for sub-01; add one with its family_id" in one_line(root)


def test_two_families_of_one_person(tree: Tree) -> None:
    root = tree()
    (root / "participants.tsv").write_text("participant_id\tfamily_id\nsub-00\t1\nsub-00\t2\n")
    assert "gives sub-00 two families, 1 and 2" in one_line(root)


def test_row_with_a_missing_cell(tree: Tree) -> None:
    root = tree()
    (root / "participants.tsv").write_text("participant_id\tfamily_id\nsub-00\n")
    assert "line 2 has 1 cells, the heading has 2" in one_line(root)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("label\tname\n1\tGM\n", "has no column 'index'"),
        ("index\tname\nx\tGM\n", "has index 'x'; an index is a whole number"),
        ("index\tname\n1\tGM\n1\tWM\n", "lists index 1 twice"),
        ("index\tname\n1\tGM\n2\tGM\n3\tWM\n", "each once"),
    ],
)
def test_bad_table_of_labels(tree: Tree, content: str, message: str) -> None:
    root = tree()
    (root / "dseg.tsv").write_text(content)
    assert message in one_line(root)


@pytest.mark.parametrize(("content", "message"), [("{", "is no JSON"), ("[]", "must hold a JSON object")])
def test_bad_description(tree: Tree, content: str, message: str) -> None:
    root = tree()
    (root / "dataset_description.json").write_text(content)
    assert message in one_line(root)


def test_brain_larger_than_the_grid(tree: Tree) -> None:
    message = one_line(tree(), Grid((8, 8, 8), 8.0))
    assert "of the brain lies outside of the grid of 64 x 64 x 64 mm (allowed: 10%)" in message


def test_visit_that_folds_space(tree: Tree) -> None:
    assert "visit_mm=30 folds space" in one_line(tree(), dataset=Bids(visit_mm=30.0))
