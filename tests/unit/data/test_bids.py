import json
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import scipy.ndimage
import torch

from bench.data.bids import Bids
from bench.data.bids_tables import read_families
from bench.dataset import Grid
from bench.errors import BenchError
from bench.types.scan import Revisits, Scan
from tests.bids_trees import SHAPE, SMALL, SPACING_MM, ball, small_affine, write

Tree = Callable[..., Path]


def test_one_session_each_means_simulated_second_visits_that_say_so(tree: Tree) -> None:
    cohort = Bids().load(tree(), SMALL)
    assert cohort.revisits is Revisits.SIMULATED
    assert not cohort.synthetic
    assert [scan.simulated for scan in cohort] == [False, True] * 8
    assert any("simulated" in note for note in cohort.notes)
    assert any("not registered" in note for note in cohort.notes)
    assert cohort.classes == ("background", "class-1", "class-2", "class-3")
    assert [scan.name for scan in cohort.scans[:2]] == ["sub-00_visit-1", "sub-00_visit-2-simulated"]


def test_two_sessions_each_are_real_revisits(tree: Tree) -> None:
    cohort = Bids().load(tree(sessions=2), SMALL)
    assert cohort.revisits is Revisits.REAL
    assert len(cohort) == 16
    assert not any(scan.simulated for scan in cohort)
    assert cohort.scans[1].name == "sub-00_ses-2"


def test_if_one_person_lacks_a_second_session_all_second_visits_are_simulated(tree: Tree) -> None:
    root = tree(sessions=2)
    for file in (root / "sub-03" / "ses-2" / "anat").iterdir():
        file.unlink()
    cohort = Bids().load(root, SMALL)
    assert cohort.revisits is Revisits.SIMULATED
    assert len(cohort) == 16
    assert any("7 later real sessions are not used" in note for note in cohort.notes)
    real = Bids(revisits="real").load(root, SMALL)
    assert real.revisits is Revisits.REAL
    assert len(real) == 15


def test_without_simulation_single_visits_are_no_revisits(tree: Tree) -> None:
    assert Bids(revisits="real").load(tree(), SMALL).revisits is Revisits.NONE


def test_scans_keep_their_voxels_when_the_grid_coincides_with_them(tree: Tree) -> None:
    root = tree()
    image, labels = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8)
    labels[4:11, 4:13, 4:9] = 2  # odd sides: the centre of mass is the voxel (7, 8, 6)
    image[labels > 0] = np.arange(1, (labels > 0).sum() + 1)
    folder = root / "sub-00" / "anat"
    write(folder / "sub-00_T1w.nii.gz", image)
    write(folder / "sub-00_dseg.nii.gz", labels)
    scan = Bids(revisits="real").load(root, Grid((13, 13, 13), SPACING_MM)).scans[0]
    expected = image[1:14, 2:15, 0:13]
    expected = np.clip(expected / np.percentile(expected[expected > 0], 99.5), 0, 1)
    np.testing.assert_allclose(scan.image[0].numpy(), expected, atol=1e-4)
    np.testing.assert_array_equal(scan.labels.numpy(), labels[1:14, 2:15, 0:13])


@pytest.mark.parametrize("orientation", ["LPI", "PSR", "SAR"])
def test_stored_orientation_does_not_matter(tree: Tree, orientation: str) -> None:
    root = tree()
    plain = Bids().load(root, SMALL)
    for file in root.rglob("*.nii.gz"):
        scan = nibabel.load(file)
        there = nibabel.orientations.axcodes2ornt(orientation)
        turned = scan.as_reoriented(
            nibabel.orientations.ornt_transform(nibabel.orientations.io_orientation(scan.affine), there)
        )
        assert "".join(nibabel.aff2axcodes(turned.affine)) == orientation
        nibabel.save(nibabel.Nifti1Image(np.asarray(turned.dataobj), turned.affine), file)
    for before, after in zip(plain, Bids().load(root, SMALL), strict=True):
        torch.testing.assert_close(before.image, after.image, atol=1e-5, rtol=0)
        assert torch.equal(before.labels, after.labels)


def test_oblique_scans_are_turned_upright(tree: Tree) -> None:
    root = tree()
    angle = np.deg2rad(20)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    image, labels = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.uint8)
    labels[3:13, 8:10, 6:8] = 1  # a bar along the first axis
    image[labels > 0] = 50
    write(root / "sub-00" / "anat" / "sub-00_T1w.nii.gz", image, turn @ small_affine())
    write(root / "sub-00" / "anat" / "sub-00_dseg.nii.gz", labels, turn @ small_affine())
    bar = np.argwhere(Bids().load(root, Grid((40, 40, 40), 4.0)).scans[0].labels.numpy())
    direction = np.linalg.svd(bar - bar.mean(0))[2][0]
    assert np.rad2deg(np.arctan2(direction[1], direction[0])) % 180 == pytest.approx(20, abs=2)


def test_coarse_voxels_show_the_mean_and_the_most_frequent_label(tree: Tree) -> None:
    root = tree()
    fine = np.diag([1.0, 1.0, 1.0, 1.0])
    rng = np.random.default_rng(0)
    labels = (rng.random((40, 40, 40)) < 0.8).astype(np.uint8) + 1  # 80 % are 2
    image = (100 * rng.random((40, 40, 40))).astype(np.float32)
    write(root / "sub-00" / "anat" / "sub-00_T1w.nii.gz", image, fine)
    write(root / "sub-00" / "anat" / "sub-00_dseg.nii.gz", labels, fine)
    scan = Bids(revisits="real").load(root, Grid((12, 12, 12), 8.0)).scans[0]
    inner = np.s_[5:7, 5:7, 5:7]
    assert (scan.labels.numpy()[inner] == 2).all()
    assert scan.image[0].numpy()[inner].std() < 0.05  # white noise of 0.29 is averaged away


def test_simulated_visit_is_like_the_first_but_not_equal(tree: Tree) -> None:
    cohort = Bids().load(tree(), SMALL)
    for first, second in zip(cohort.scans[::2], cohort.scans[1::2], strict=True):
        assert first.subject == second.subject
        correlation = np.corrcoef(first.image.ravel(), second.image.ravel())[0, 1]
        assert 0.8 < correlation < 0.9999
        assert not second.image[0][second.labels == 0].any()
        assert second.image.min() >= 0
        assert second.image.max() <= 1


def test_both_visits_are_changed_in_the_same_way(tree: Tree) -> None:
    """Else noise alone tells the one from the other, whoever it shows."""

    def grain(scan: Scan) -> float:
        image = scan.image[0].numpy()
        inside = scipy.ndimage.binary_erosion(scan.labels.numpy() > 0, iterations=2)
        return float((image - scipy.ndimage.median_filter(image, 3))[inside].std())

    root = tree(people=10)
    made = Bids(noise=0.1).load(root, SMALL)
    whole = [grain(scan) for scan in Bids(revisits="real").load(root, SMALL)]
    first, second = ([grain(scan) for scan in made.scans[start::2]] for start in (0, 1))
    assert np.mean(first) > 1.5 * np.mean(whole)
    assert np.mean(first) == pytest.approx(np.mean(second), rel=0.1)


def test_simulated_visits_do_not_depend_on_who_else_is_there(tree: Tree) -> None:
    root = tree(people=10)
    everyone = {scan.name: scan for scan in Bids().load(root, SMALL)}
    some = Bids(max_subjects=8).load(root, SMALL)
    assert len(some.subjects) == 8
    assert all(torch.equal(scan.image, everyone[scan.name].image) for scan in some)
    assert Bids(max_subjects=8, seed=1).load(root, SMALL).subjects != some.subjects


def test_unmasked_images_keep_what_lies_outside_of_the_labels(tree: Tree) -> None:
    root = tree()
    for person in range(8):
        _, labels = ball(person)
        write(root / f"sub-{person:02d}" / "anat" / f"sub-{person:02d}_dseg.nii.gz", (labels == 3).astype(np.uint8))
    masked, unmasked = (Bids(mask=mask).load(root, SMALL).scans[0] for mask in ("labels", "none"))
    assert not masked.image[0][masked.labels == 0].any()
    assert (unmasked.image[0][unmasked.labels == 0] > 0.1).sum() > 100


def test_class_names_come_from_the_table_and_values_may_have_gaps(tree: Tree) -> None:
    root = tree()
    (root / "dseg.tsv").write_text("index\tname\tcolour\n1\tedema\t#f00\n3\tcore\t#0f0\n2\tcyst\t#00f\n9\trest\t-\n")
    for file in root.rglob("*_dseg.nii.gz"):
        labels = np.asarray(nibabel.load(file).dataobj)
        write(file, np.where(labels == 3, 9, labels).astype(np.uint8))
    cohort = Bids().load(root, SMALL)
    assert cohort.classes == ("background", "edema", "cyst", "core", "rest")
    assert cohort.scans[0].labels.unique().tolist() == [0, 1, 2, 4]


@pytest.mark.parametrize(("short", "name"), [("GM", "GM"), ("n/a", "gray matter")])
def test_short_class_names_are_used_where_every_class_has_one(tree: Tree, short: str, name: str) -> None:
    root = tree()
    rows = ["index\tname\tabbreviation", f"1\tgray matter\t{short}", "2\twhite matter\tWM", "3\tliquor\tCSF"]
    (root / "dseg.tsv").write_text("\n".join(rows) + "\n")
    assert Bids().load(root, SMALL).classes[1] == name


def test_families_come_from_the_participants_table(tree: Tree) -> None:
    root = tree(people=9)
    rows = [f"sub-{person:02d}\t{'twins' if person in (3, 4) else 'n/a'}" for person in range(9)]
    (root / "participants.tsv").write_text("participant_id\tfamily_id\n" + "\n".join(rows) + "\n")
    families = {scan.subject: scan.family for scan in Bids().load(root, SMALL)}
    assert families["sub-03"] == families["sub-04"] == "twins"
    assert families["sub-05"] == "sub-05"


def test_notes_name_data_and_licence(tree: Tree) -> None:
    root = tree()
    (root / "dataset_description.json").write_text(json.dumps({"Name": "Balls", "License": "CC0"}))
    assert Bids().load(root, SMALL).notes[0] == "Data: Balls; licence: CC0."


def test_a_brain_that_sticks_out_a_little_is_noted(tree: Tree) -> None:
    notes = Bids().load(tree(), Grid((10, 10, 10), SPACING_MM)).notes
    assert any(note.startswith("Up to ") and note.endswith("lie outside of the grid.") for note in notes)


def test_fingerprint_follows_contents_not_location(tree: Tree, tmp_path: Path) -> None:
    root = tree()
    before = Bids().fingerprint(root)
    moved = root.rename(tmp_path / "elsewhere")
    assert Bids().fingerprint(moved) == before
    (moved / "participants.tsv").write_text("participant_id\n")
    with_table = Bids().fingerprint(moved)
    assert with_table != before
    image, _ = ball(99)
    write(moved / "sub-00" / "anat" / "sub-00_T1w.nii.gz", image)
    assert Bids().fingerprint(moved) != with_table


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"max_subjects": 7}, "max_subjects must be >= 8 or None, got 7"),
        ({"visit_mm": -1.0}, r"warp_mm must be in \[0, 45\], got -1"),
    ],
)
def test_settings_out_of_range_are_refused(setting: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Bids(**setting)


@pytest.mark.real
def test_real_scans_load_and_the_twins_are_one_family(ixi: Path) -> None:
    cohort = Bids(max_subjects=8).load(ixi, Grid((28, 36, 28), 6.0))
    assert cohort.classes == ("background", "GM", "WM", "CSF")
    assert len(cohort) == 16
    assert len(set(read_families(ixi, ["sub-IXI383", "sub-IXI384"]).values())) == 1
    for scan in cohort:
        gray, white, fluid = (float(scan.image[0][scan.labels == label].mean()) for label in (1, 2, 3))
        assert fluid < gray < white


def test_runs_of_a_session_may_be_visits_of_their_own(tree: Tree) -> None:
    root = tree()
    for person in range(8):
        anat = root / f"sub-{person:02d}" / "anat"
        image, labels = ball(person)
        write(anat / f"sub-{person:02d}_run-2_T1w.nii.gz", image + 1)
        write(anat / f"sub-{person:02d}_run-2_dseg.nii.gz", labels)
    every = Bids(runs="all").load(root, SMALL)
    assert every.revisits is Revisits.REAL
    assert [scan.session for scan in every.scans[:2]] == ["visit-1_run-1", "visit-1_run-2"]
    first = Bids(runs="first", revisits="real").load(root, SMALL)
    assert [scan.session for scan in first.scans] == ["visit-1"] * 8
    assert torch.equal(first.scans[0].image, every.scans[0].image)


def test_label_maps_and_their_names_may_lie_in_a_derivative(tree: Tree) -> None:
    root = tree(sessions=2)
    beside = Bids().load(root, SMALL)
    place = root / "derivatives" / "seg"
    for file in sorted(root.glob("sub-*/ses-*/anat/*_dseg.nii.gz")):
        target = place / file.relative_to(root).with_name(file.name.replace("_dseg", "_space-T1w_desc-tissue_dseg"))
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    (place / "dseg.tsv").write_text("index\tname\n1\tCSF\n2\tGM\n3\tWM\n")
    cohort = Bids(labels="seg").load(root, SMALL)
    assert cohort.classes == ("background", "CSF", "GM", "WM")
    assert [scan.name for scan in cohort] == [scan.name for scan in beside]
    assert all(torch.equal(one.labels, other.labels) for one, other in zip(cohort, beside, strict=True))
    with pytest.raises(BenchError, match=r"has no derivatives/fmriprep; available: seg"):
        Bids(labels="fmriprep").load(root, SMALL)


def test_the_plain_name_wins_over_other_label_maps_and_without_it_two_are_ambiguous(tree: Tree) -> None:
    root = tree()
    before = Bids().load(root, SMALL)
    for what in ("desc-aseg", "space-MNI152NLin2009cAsym"):
        write(root / f"sub-02/anat/sub-02_{what}_dseg.nii.gz", np.zeros((4, 4, 4), np.uint8))
    after = Bids().load(root, SMALL)
    assert all(torch.equal(one.labels, other.labels) for one, other in zip(before, after, strict=True))
    (root / "sub-02/anat/sub-02_dseg.nii.gz").unlink()
    with pytest.raises(BenchError, match=r"sub-02_T1w.nii.gz has 2 label maps, sub-02_desc-aseg, sub-02_space-MNI"):
        Bids().load(root, SMALL)


def test_lesions_in_stripped_images_leave_the_brain_around_them(tree: Tree) -> None:
    root = tree()
    for person in range(8):
        labels = (ball(person)[1] == 3).astype(np.uint8)
        write(root / f"sub-{person:02d}/anat/sub-{person:02d}_dseg.nii.gz", labels)
    scan = Bids(mask="nonzero").load(root, SMALL).scans[0]
    brain = float((ball(0)[1] > 0).sum())
    assert float((scan.image > 0).sum()) == pytest.approx(brain, rel=0.05)
    assert scan.labels.unique().tolist() == [0, 1]
