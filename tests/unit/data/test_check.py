"""What `bench data check` knows about a cohort."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from bench.data.bids import Bids
from bench.data.check.cohort import CohortReport, duplicates, excess_over_neighbours, likenesses, report_on
from bench.data.check.scan import Look, ScanReport, fine_structure, look_at
from bench.data.layouts.manifest import Manifest
from bench.data.source import LABELLED, STRIPPED
from bench.dataset import Grid
from tests.bids_trees import SHAPE, ball, small_affine, write
from tests.cohort_trees import manifest_tree, read_manifest, write_manifest

GRIDS: Mapping[str, Grid] = {"one": Grid((10, 10, 10), 4.0)}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return manifest_tree(tmp_path_factory.mktemp("good") / "data")


@pytest.fixture
def root(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def checked(root: Path) -> CohortReport:
    listing = Manifest().listing(root)
    return report_on(listing, [look_at(row, listing.labelling, LABELLED) for row in listing.rows], GRIDS)


def report(subject: str, **changes: object) -> ScanReport:
    return replace(ScanReport(subject=subject, session="v", family=subject, image=f"{subject}.nii"), **changes)  # type: ignore[arg-type]


def test_a_sound_cohort_has_no_problems_and_is_described(root: Path) -> None:
    found = checked(root)
    assert found.problems == ()
    assert found.visits == {1: 8}
    assert found.families == 8
    assert found.roles == {"train": 3, "references": 2, "auxiliary": 1, "test": 2}
    assert found.needs_gb["one"] == pytest.approx(1000 * 5 * 16 / 1e9)  # a second visit of each is simulated
    scan = found.scans[0]
    assert scan.shape == SHAPE
    assert scan.spacing_mm == (8.0, 8.0, 8.0)
    assert (scan.orientation, scan.voxel_type) == ("RAS", "float32")
    _, labels = ball(0)
    assert scan.labelled_ml == {f"class-{value}": pytest.approx((labels == value).sum() * 0.512) for value in (1, 2, 3)}
    assert scan.brain_ml == pytest.approx((labels > 0).sum() * 0.512, abs=0.1)


def test_every_bad_file_is_listed_not_only_the_first(root: Path) -> None:
    for person in (2, 5):
        (root / f"scans/{person:02d}-0.nii.gz").write_bytes(b"")
    problems = checked(root).problems
    assert len(problems) == 2
    assert "02-0.nii.gz is empty" in problems[0]
    assert "05-0.nii.gz is empty" in problems[1]


def test_a_missing_file_is_told_once(root: Path) -> None:
    (root / "labels/03-0.nii.gz").unlink()
    (problem,) = checked(root).problems
    assert "line 5 names" in problem


def test_the_same_voxels_under_another_name_orientation_and_compression_are_found(root: Path) -> None:
    image = nibabel.load(root / "scans/01-0.nii.gz")
    turned = image.as_reoriented(
        nibabel.orientations.ornt_transform(
            nibabel.orientations.io_orientation(image.affine), nibabel.orientations.axcodes2ornt("LIA")
        )
    )
    nibabel.save(turned, root / "scans/copy.nii")
    shutil.copy(root / "labels/01-0.nii.gz", root / "labels/copy.nii.gz")
    write_manifest(root, [*read_manifest(root), ["scans/copy.nii", "labels/copy.nii.gz", "new", "v1", ""]])
    found = checked(root)
    (problem,) = found.problems
    assert "holds the same voxels as" in problem
    assert "copy.nii" in problem
    assert any("very same label map, but are two people" in warning for warning in found.warnings)


def test_too_few_families_are_a_problem(tmp_path: Path) -> None:
    found = checked(manifest_tree(tmp_path / "few", people=3))
    assert found.problems[-1].endswith("holds 3 families; four disjoint roles need at least 8")
    assert found.roles == {}


def test_negative_brains_coarse_voxels_and_odd_volumes_are_warnings(root: Path) -> None:
    image, labels = ball(4)
    write(root / "scans/04-0.nii.gz", image - 50)
    affine = small_affine()
    affine[2, 2] = 2.0
    write(root / "scans/05-0.nii.gz", ball(5)[0], affine)
    write(root / "labels/05-0.nii.gz", ball(5)[1], affine)
    found = checked(root)
    warnings = "\n".join(found.warnings)
    assert "04-0.nii.gz: " in warnings
    assert "% of the brain is negative and becomes 0" in warnings
    assert "voxels of 8.0 mm along one axis" in warnings
    assert "2 different voxel sizes; alone with theirs: p05_v1" in warnings
    assert "05-0.nii.gz: brain of " in warnings
    assert labels.any()


def test_an_unlabelled_scan_of_lesions_is_a_warning(tmp_path: Path) -> None:
    root = manifest_tree(tmp_path / "data", people=4)
    listing = Manifest().listing(root)
    write(root / "labels/00-0.nii.gz", np.zeros(SHAPE, np.uint8))
    look = look_at(listing.rows[0], replace(listing.labelling, may_be_empty=True), STRIPPED)
    assert look.report.problem == ""
    assert "no labelled voxel" in look.report.oddities


def test_duplicates_are_counted_by_content() -> None:
    scans = [report("a", content="1"), report("b", content="2"), report("c", content="1"), report("d")]
    (line,) = duplicates(scans)
    assert line.startswith("a.nii holds the same voxels as c.nii (a_v, c_v)")


def test_relatives_stand_out_and_declared_ones_are_not_suspicious() -> None:
    rng = np.random.default_rng(0)
    people = rng.normal(size=(30, 12, 12, 12)).astype(np.float32)
    people[7] = people[3] + 0.5 * rng.normal(size=(12, 12, 12)).astype(np.float32)
    looks = [Look(report(f"p{index:02d}"), fine_structure(image)) for index, image in enumerate(people)]
    first, second, *_ = likenesses(looks)
    assert (first.one, first.other) == ("p03", "p07")
    assert first.suspicious
    assert not second.suspicious
    looks[7] = replace(looks[7], report=replace(looks[7].report, family="p03"))
    assert not likenesses(looks)[0].suspicious


def test_an_average_brain_is_nobodys_relative() -> None:
    correlation = np.full((20, 20), 0.1, np.float32)
    correlation[0, :] = correlation[:, 0] = 0.4  # like everybody
    correlation[4, 9] = correlation[9, 4] = 0.4  # like one
    np.fill_diagonal(correlation, 1)
    excess = excess_over_neighbours(correlation)
    np.fill_diagonal(excess, -1)
    assert {4, 9} == set(np.unravel_index(excess.argmax(), excess.shape))


def test_later_visits_of_a_person_are_not_compared() -> None:
    image = np.random.default_rng(1).normal(size=(5, 8, 8, 8)).astype(np.float32)
    looks = [Look(report(f"p{index}"), fine_structure(image[index])) for index in range(5)]
    again = Look(replace(looks[0].report, session="w"), fine_structure(image[0]))
    assert len(likenesses([*looks, again])) == 10


@pytest.mark.real
@pytest.mark.slow
def test_the_twins_are_among_the_people_most_alike(ixi: Path) -> None:
    listing = Bids().listing(ixi)
    looks = [look_at(row, listing.labelling, LABELLED) for row in listing.rows]
    found = report_on(listing, looks, GRIDS)
    assert found.problems == ()
    assert ("sub-IXI383", "sub-IXI384") in [(pair.one, pair.other) for pair in found.nearest[:3]]
