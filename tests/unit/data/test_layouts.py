"""Every layout, read from a tiny tree."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.config import build
from bench.data.layouts.brats2021 import Brats2021
from bench.data.layouts.manifest import Manifest
from bench.data.layouts.mslesseg import MsLesSeg
from bench.data.layouts.open_ms import SHARED_LABELS, OpenMs
from bench.data.layouts.ppmi import Ppmi
from bench.data.layouts.prepared import Prepared
from bench.data.listed import ListedDataset
from bench.dataset import Grid
from bench.errors import BenchError
from bench.types.scan import Revisits
from tests.bids_trees import SHAPE, SMALL, SPACING_MM, ball, write
from tests.cohort_trees import (
    brats_tree,
    manifest_tree,
    mslesseg_tree,
    open_ms_tree,
    ppmi_tree,
    read_manifest,
    time_point,
    write_manifest,
    write_mgz,
)

EVERY = [
    (Manifest(), manifest_tree),
    (Ppmi(), ppmi_tree),
    (Brats2021(), brats_tree),
    (MsLesSeg(), mslesseg_tree),
    (OpenMs(), open_ms_tree),
]


def names(dataset: ListedDataset, root: Path) -> list[str]:
    return [row.name for row in dataset.listing(root).rows]


@pytest.mark.parametrize(("dataset", "make"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_every_layout_loads_onto_the_grid(dataset: ListedDataset, make, tmp_path: Path) -> None:
    cohort = dataset.load(make(tmp_path), SMALL)
    assert cohort.name == dataset.name
    assert len(cohort.subjects) >= 8
    assert not cohort.synthetic
    for scan in cohort:
        assert scan.image.shape == (1, *SMALL.shape)
        assert 0 == float(scan.image.min()) < float(scan.image.max()) <= 1
        assert 0 < int(scan.labels.max()) < len(cohort.classes)


@pytest.mark.parametrize(("dataset", "make"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_the_fingerprint_follows_contents_not_location(dataset: ListedDataset, make, tmp_path: Path) -> None:
    root = make(tmp_path / "here")
    before = dataset.fingerprint(root)
    moved = Path(shutil.move(root, tmp_path / "there"))
    assert dataset.fingerprint(moved) == before
    row = dataset.listing(moved).rows[0]
    row.labels.write_bytes(row.labels.read_bytes() + b"\0")
    assert dataset.fingerprint(moved) != before


@pytest.mark.parametrize(("dataset", "make"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_every_layout_names_what_is_missing(dataset: ListedDataset, make, tmp_path: Path) -> None:
    root = make(tmp_path)
    lost = dataset.listing(root).rows[3].labels
    lost.unlink()
    with pytest.raises(BenchError, match=r"missing|has no|does not exist") as caught:
        dataset.load(root, SMALL)
    assert str(lost.parent) in str(caught.value)
    with pytest.raises(BenchError):
        dataset.fingerprint(root)


@pytest.mark.parametrize(("dataset", "make"), EVERY, ids=lambda value: getattr(value, "name", ""))
def test_every_layout_says_what_a_wrong_folder_should_be(dataset: ListedDataset, make, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"expected|unpack|give"):
        dataset.listing(tmp_path)


# ppmi


def test_freesurfer_people_have_their_visits_and_three_tissues(tmp_path: Path) -> None:
    cohort = Ppmi().load(ppmi_tree(tmp_path), SMALL)
    assert cohort.classes == ("background", "GM", "WM", "CSF")
    assert cohort.revisits is Revisits.REAL
    assert [scan.name for scan in cohort.scans[:3]] == ["3000_BL", "3000_V04", "3001_BL"]
    # A ball has CSF outside (30), then cortex (60), then white matter (90).
    scan = cohort.scans[0]
    gray, white, fluid = (float(scan.image[0][scan.labels == label].mean()) for label in (1, 2, 3))
    assert fluid < gray < white


def test_what_aseg_does_not_label_becomes_0_even_if_the_image_shows_the_skull(tmp_path: Path) -> None:
    root = ppmi_tree(tmp_path)
    for number, point in enumerate(root.iterdir()):
        image, _ = ball(0)
        write_mgz(point / "mri" / "norm.mgz", image + 10 + number)
    scan = Ppmi().load(root, SMALL).scans[0]
    assert not scan.image[0][scan.labels == 0].any()


def test_the_longitudinal_stream_replaces_the_cross_sectional_one(tmp_path: Path) -> None:
    for name in ("3000_BL", "3000_V04", "3000", "3001_BL", "fsaverage5"):
        time_point(tmp_path, name, 1)
    for name in ("3000_BL.long.3000", "3000_V04.long.3000"):
        time_point(tmp_path, name, 2)
    assert names(Ppmi(), tmp_path) == ["3000_BL", "3000_V04", "3001_BL"]
    assert ".long." in str(Ppmi().listing(tmp_path).rows[0].image)


def test_everybody_gets_the_same_kind_of_image(tmp_path: Path) -> None:
    for person in range(8):
        time_point(tmp_path, f"{person}_BL", person, ("T1",) if person == 5 else ("T1", "norm"))
    assert {row.image.name for row in Ppmi().listing(tmp_path).rows} == {"T1.mgz"}
    with pytest.raises(BenchError, match=r"5_BL.*norm\.mgz is missing, and so for 1 of 8 scans"):
        Ppmi(image="norm").load(tmp_path, SMALL)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("3102", "3102_visit-1"),
        ("3102_V06", "3102_V06"),
        ("PPMI_3102_V06", "3102_V06"),
        ("sub-3102_ses-BL", "3102_BL"),
        ("3102-2", "3102_2"),
    ],
)
def test_folder_names_give_person_and_visit(tmp_path: Path, folder: str, name: str) -> None:
    time_point(tmp_path, folder, 1)
    assert names(Ppmi(), tmp_path) == [name]


def test_a_pattern_of_ones_own(tmp_path: Path) -> None:
    time_point(tmp_path, "siteA.17.m12", 1)
    with pytest.raises(BenchError, match=r"siteA\.17\.m12 does not fit the pattern"):
        Ppmi().load(tmp_path, SMALL)
    assert names(Ppmi(pattern=r"site.\.(?P<subject>\d+)\.(?P<session>\w+)"), tmp_path) == ["17_m12"]


@pytest.mark.parametrize(("pattern", "message"), [("(", "no regular expression"), (".*", "no group named subject")])
def test_a_bad_pattern_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Ppmi(pattern=pattern)


def test_a_label_that_is_not_of_aseg_is_named(tmp_path: Path) -> None:
    root = ppmi_tree(tmp_path)
    write_mgz(root / "3003_BL" / "mri" / "aseg.mgz", np.where(ball(3)[1] > 0, 1001, 0).astype(np.int32))
    with pytest.raises(BenchError, match=r"3003_BL.*holds label 1001, which is not listed in FreeSurfer's aseg"):
        Ppmi().load(root, SMALL)


# brats2021


def test_tumour_labels_1_2_4_become_classes_and_the_rest_of_the_brain_stays(tmp_path: Path) -> None:
    cohort = Brats2021().load(brats_tree(tmp_path), SMALL)
    assert cohort.classes == ("background", "NCR", "ED", "ET")
    assert cohort.revisits is Revisits.SIMULATED
    scan = cohort.scans[0]
    assert set(scan.labels.unique().tolist()) == {0, 2, 3}
    assert (scan.image[0][scan.labels == 0] > 0.1).sum() > 50


def test_label_3_is_not_of_brats_2021(tmp_path: Path) -> None:
    root = brats_tree(tmp_path)
    write(root / "BraTS2021_00004" / "BraTS2021_00004_seg.nii.gz", ball(4)[1])
    with pytest.raises(BenchError, match=r"BraTS2021_00004_seg.nii.gz holds label 3, which is not listed in BraTS"):
        Brats2021().load(root, SMALL)


def test_another_contrast(tmp_path: Path) -> None:
    assert Brats2021(image="flair").listing(brats_tree(tmp_path)).rows[0].image.name == "BraTS2021_00000_flair.nii.gz"


# mslesseg and open_ms


def test_train_has_time_points_and_test_has_none(tmp_path: Path) -> None:
    found = names(MsLesSeg(), mslesseg_tree(tmp_path))
    assert found[:2] == ["P1_T1", "P1_T2"]
    assert found[-1] == "P60_visit-1"
    assert MsLesSeg().load(tmp_path, SMALL).revisits is Revisits.REAL


def test_a_folder_of_nobody_is_named(tmp_path: Path) -> None:
    root = mslesseg_tree(tmp_path)
    (root / "train" / "P1_backup").mkdir()
    assert [problem for problem in MsLesSeg().listing(root).problems if "P1_backup is nobody's folder" in problem]
    with pytest.raises(BenchError, match="P1_backup is nobody's folder"):
        MsLesSeg().load(root, SMALL)


def test_a_person_without_a_lesion_is_a_person(tmp_path: Path) -> None:
    root = mslesseg_tree(tmp_path)
    write(root / "test" / "P54" / "P54_MASK.nii.gz", np.zeros(SHAPE, np.uint8))
    cohort = MsLesSeg().load(root, SMALL)
    assert not next(scan for scan in cohort if scan.subject == "P54").labels.any()


def test_the_skull_outside_of_the_mask_is_cut_off(tmp_path: Path) -> None:
    root = open_ms_tree(tmp_path)
    cohort = OpenMs().load(root, SMALL)
    assert cohort.revisits is Revisits.REAL
    assert cohort.notes[1] == SHARED_LABELS
    brains = [row.brain.name for row in OpenMs().listing(root).rows if row.subject == "patient03" and row.brain]
    assert brains == ["patient03_brainmask.nii.gz"] * 2
    for scan in cohort:  # the skull is at 200, the brain below 100
        assert float((scan.image > 0).float().mean()) < 0.2


def test_cross_sectional_people_have_one_visit(tmp_path: Path) -> None:
    for person in range(8):
        place = tmp_path / "cross_sectional" / "coregistered" / f"patient{person:02d}"
        image, labels = ball(person)
        for name, values in (("FLAIR", image), ("consensus_gt", labels == 3), ("brainmask", labels > 0)):
            write(place / f"{name}.nii.gz", values.astype(np.float32))
    cohort = OpenMs(part="cross-sectional").load(tmp_path, SMALL)
    assert cohort.classes == ("background", "lesion")
    assert cohort.revisits is Revisits.SIMULATED


# manifest and prepared


def test_a_table_may_name_sessions_families_and_masks(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path, people=9, sessions=2)
    lines = read_manifest(root)
    lines[0].append("brain")
    for line in lines[1:]:
        line.append("labels/00-0.nii.gz" if line[2] == "p00" else "n/a")
        line[4] = "twins" if line[2] in ("p00", "p01") else ""
    write_manifest(root, lines)
    listing = Manifest().listing(root)
    assert listing.rows[0].brain == root / "labels" / "00-0.nii.gz"
    assert listing.rows[2].brain is None
    cohort = Manifest().load(root / "manifest.csv", SMALL)
    assert {scan.family for scan in cohort} == {"twins", *(f"p{person:02d}" for person in range(2, 9))}
    assert cohort.scans[0].family == cohort.scans[2].family == "twins"
    assert cohort.revisits is Revisits.REAL


def test_class_names_come_from_the_table_beside(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path)
    (root / "dseg.tsv").write_text("index\tname\n1\tCSF\n2\tGM\n3\tWM\n")
    assert Manifest().load(root, SMALL).classes == ("background", "CSF", "GM", "WM")


def test_prepared_scans_stay_where_they_are(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path)
    scan = Prepared(revisits="real").load(root, Grid(SHAPE, SPACING_MM)).scans[0]
    image, labels = ball(0)
    expected = np.clip(image / np.percentile(image[image > 0], 99.5), 0, 1)
    np.testing.assert_allclose(scan.image[0].numpy(), expected, atol=1e-5)
    assert torch.equal(scan.labels, torch.from_numpy(labels))


def test_an_unfinished_preparation_is_not_a_cohort(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    with pytest.raises(BenchError, match=r"did not finish there; run it again"):
        Prepared().listing(tmp_path)


def test_a_folder_that_is_not_there_is_one_line() -> None:
    with pytest.raises(BenchError, match=r"is no folder; give the one that `bench data prepare"):
        Prepared().listing(Path("nowhere"))


@pytest.mark.parametrize("cohort", [Brats2021, MsLesSeg, OpenMs])
def test_a_contrast_that_a_cohort_does_not_have_is_refused(cohort: type[ListedDataset]) -> None:
    with pytest.raises(BenchError, match=r"image='DWI' does not fit: Input should be '[A-Za-z0-9]+'"):
        build(cohort, {"image": "DWI"})


def test_prepared_scans_are_not_said_to_lie_as_they_did(tmp_path: Path) -> None:
    notes = Prepared().load(manifest_tree(tmp_path), SMALL).notes
    assert any("simulated" in note for note in notes)
    assert not any("not registered" in note for note in notes)
