"""Files that are unusual but right: every one shows the same things at the same places as the usual file does."""

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from nibabel.testing import data_path

from bench.data.layouts.manifest import Manifest
from bench.data.nifti import read_image
from bench.errors import BenchError
from tests.bids_trees import SMALL, ball, small_affine
from tests.cohort_trees import manifest_tree, read_manifest, write_manifest

OBLIQUE = small_affine() @ nibabel.affines.from_matvec(
    nibabel.eulerangles.euler2mat(0.2, -0.1, 0.15)  # about z, y and x
)


def centres_mm(values: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Where the intensity is, and where its brightest tenth is: two points that no flip or shift keeps."""
    found = []
    for weights in (values, values * (values > np.quantile(values, 0.9))):
        index = np.argwhere(weights > 0)
        point = np.average(index, axis=0, weights=weights[weights > 0])
        found.append(affine[:3, :3] @ point + affine[:3, 3])
    return np.array(found)


def lopsided() -> np.ndarray:
    """A volume without any symmetry, of whole numbers so that every voxel type holds it."""
    image, labels = ball(0)
    image[:5] *= 0.5
    image[labels == 3] += 20
    image[-3:, :4, 2] = 111
    return np.round(image).astype(np.float32)


def nifti1(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


def big_endian(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(np.float32)
    nibabel.save(nibabel.Nifti1Image(values, affine, header), path)
    assert path.with_suffix("").exists() or path.exists()
    return path


def one_frame(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    return nifti1(values[..., None], affine, path)


def one_frame_5d(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    return nifti1(values[..., None, None], affine, path)


def nifti2(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    nibabel.save(nibabel.Nifti2Image(values, affine), path)
    return path


def scaled(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    stored = ((values - 10) / 0.25).astype(np.int16)  # nibabel writes the array as it is beside a given slope
    image = nibabel.Nifti1Image(stored, affine)
    image.header.set_slope_inter(0.25, 10)
    nibabel.save(image, path)
    assert nibabel.load(path).dataobj.slope == 0.25
    return path


def quaternion_only(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    image = nibabel.Nifti1Image(values, None)
    image.set_qform(affine, code="scanner")
    image.set_sform(None, code="unknown")
    nibabel.save(image, path)
    return path


def plain(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    return nifti1(values, affine, path.with_name("plain.nii"))


def header_and_image(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    place = path.with_name("pair.img")
    nibabel.save(nibabel.Nifti1Pair(values, affine), place)
    return place


def freesurfer(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    place = path.with_name("scan.mgz")
    nibabel.save(nibabel.MGHImage(values, affine), place)
    return place


def freesurfer_unzipped(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
    place = path.with_name("scan.mgh")
    nibabel.save(nibabel.MGHImage(values, affine), place)
    return place


def stored_as(orientation: str) -> Callable[[np.ndarray, np.ndarray, Path], Path]:
    def save(values: np.ndarray, affine: np.ndarray, path: Path) -> Path:
        image = nibabel.Nifti1Image(values, affine)
        there = nibabel.orientations.axcodes2ornt(orientation)
        turned = image.as_reoriented(
            nibabel.orientations.ornt_transform(nibabel.orientations.io_orientation(affine), there)
        )
        assert "".join(nibabel.aff2axcodes(turned.affine)) == orientation
        nibabel.save(turned, path)
        return path

    return save


ODD = {
    "big-endian": big_endian,
    "4D, one frame": one_frame,
    "5D, one frame": one_frame_5d,
    "NIfTI-2": nifti2,
    "scl_slope": scaled,
    "qform only": quaternion_only,
    "not zipped": plain,
    "hdr and img": header_and_image,
    "mgz": freesurfer,
    "mgh": freesurfer_unzipped,
    **{orientation: stored_as(orientation) for orientation in ("LAS", "PSR", "LIA", "LPS", "ASL", "IRP")},
}


@pytest.mark.parametrize("affine", [small_affine(), OBLIQUE], ids=["straight", "oblique"])
@pytest.mark.parametrize("save", ODD.values(), ids=list(ODD))
def test_an_odd_file_shows_the_same_at_the_same_place(save, affine: np.ndarray, tmp_path: Path) -> None:
    values = lopsided()
    read, placed = read_image(save(values, affine, tmp_path / "odd.nii.gz"))
    assert "".join(nibabel.aff2axcodes(placed)) == "RAS"
    np.testing.assert_allclose(centres_mm(read, placed), centres_mm(values, affine), atol=0.01)
    assert sorted(np.round(read.ravel(), 1).tolist()) == sorted(values.ravel().tolist())


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_every_real_voxel_type_is_read(kind: type, tmp_path: Path) -> None:
    read, _ = read_image(nifti1(lopsided().astype(kind), small_affine(), tmp_path / "typed.nii.gz"))
    np.testing.assert_array_equal(read, lopsided())


@pytest.mark.parametrize("name", ["anatomical.nii", "reoriented_anat_moved.nii"])
def test_files_that_nibabel_itself_tests_with(name: str) -> None:
    raw = nibabel.load(Path(data_path) / name)
    read, placed = read_image(Path(data_path) / name)
    expected = np.asarray(raw.dataobj, np.float64)
    shown = expected - expected.min()
    np.testing.assert_allclose(centres_mm(read - read.min(), placed), centres_mm(shown, raw.affine), atol=0.01)


@pytest.mark.parametrize("name", ["functional.nii", "test.mgz", "example_nifti2.nii.gz", "example4d.nii.gz"])
def test_those_with_several_frames_are_refused_as_such(name: str) -> None:
    with pytest.raises(BenchError, match=r"has shape \d+x\d+x\d+x\d+; keep one 3D volume"):
        read_image(Path(data_path) / name)


def test_a_cohort_of_odd_files_is_the_same_cohort(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path)
    usual = Manifest().load(root, SMALL)
    lines = read_manifest(root)
    kinds = (big_endian, nifti2, one_frame, freesurfer, stored_as("LIA"), plain, stored_as("PSR"), quaternion_only)
    for line, save in zip(lines[1:], kinds, strict=True):
        for column in (0, 1):
            path = root / line[column]
            values, affine = np.asarray(nibabel.load(path).dataobj, np.float32), small_affine()
            path.unlink()
            place = path.with_name(f"{path.name.removesuffix('.nii.gz')}")
            place.mkdir()
            line[column] = str(save(values, affine, place / "odd.nii.gz").relative_to(root))
    write_manifest(root, lines)
    for before, after in zip(usual, Manifest().load(root, SMALL), strict=True):
        np.testing.assert_allclose(before.image.numpy(), after.image.numpy(), atol=1e-4)
        np.testing.assert_array_equal(before.labels.numpy(), after.labels.numpy())
