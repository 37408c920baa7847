"""Registration against a known answer: the template itself, moved by a map that the test chose."""

import json
import shutil
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from nilearn import datasets
from PIL import Image

from bench.data.layouts.manifest import Manifest
from bench.data.layouts.prepared import Prepared
from bench.data.nifti import read_volume
from bench.data.prepare import run, write
from bench.data.prepare.reference import grid_of, load_reference
from bench.data.prepare.register import Registration, without_bias
from bench.data.prepare.result import Preparation
from bench.data.prepare.run import prepare
from bench.data.prepare.scan import PreparedScan, Quality, dice, prepare_scan
from bench.data.prepare.sheet import outliers_first, write_sheet
from bench.data.prepare.space import from_sitk, to_sitk
from bench.data.row import Labelling, Listing, Row
from bench.data.source import BRIGHT, LABELLED
from bench.errors import BenchError
from bench.progress import Task

CLASSES = Labelling(classes={0: "background", 1: "GM", 2: "WM"})
SPACING_MM = 4.0


def moved(
    angles: tuple[float, float, float], scale: tuple[float, float, float], shift: tuple[float, ...]
) -> np.ndarray:
    """Template mm -> scan mm."""
    return nibabel.affines.from_matvec(nibabel.eulerangles.euler2mat(*angles) @ np.diag(scale), np.asarray(shift))


MOVES = {
    "a": moved((0.15, -0.1, 0.2), (0.9, 0.85, 0.95), (12, -20, 8)),
    "b": moved((-0.2, 0.1, -0.05), (0.95, 0.9, 0.85), (-60, 30, 100)),
}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people who are the template, lying elsewhere, at 3 mm, one stored upside down."""
    root = tmp_path_factory.mktemp("raw")
    mask = datasets.load_mni152_brain_mask(resolution=3)
    brain = np.asarray(mask.dataobj) > 0
    image = np.where(brain, np.asarray(datasets.load_mni152_template(resolution=3).dataobj), 0).astype(np.float32)
    labels = np.where(brain, 1 + (image > 0.75 * image.max()), 0).astype(np.uint8)
    lines = ["image,label,subject"]
    for name, move in MOVES.items():
        for kind, values in (("image", 700 * image), ("labels", labels)):
            stored = nibabel.Nifti1Image(values, move @ mask.affine)
            if name == "b":
                ornt = nibabel.orientations.axcodes2ornt("PSL")
                stored = stored.as_reoriented(
                    nibabel.orientations.ornt_transform(nibabel.orientations.io_orientation(stored.affine), ornt)
                )
            nibabel.save(stored, root / f"{name}-{kind}.nii.gz")
        lines.append(f"{name}-image.nii.gz,{name}-labels.nii.gz,{name}")
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")
    (root / "dseg.tsv").write_text("index\tname\n1\tGM\n2\tWM\n")
    return root


@pytest.fixture(scope="module")
def done(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two, prepared."""
    out = tmp_path_factory.mktemp("prepared")
    _prepare(raw, out)
    return out


def _prepare(raw: Path, out: Path, **changes: object) -> list:
    preparation = Preparation(**{"spacing_mm": SPACING_MM, **changes})  # type: ignore[arg-type]
    return prepare(Manifest().listing(raw), LABELLED, preparation, out, "test", Task("", 2))


@pytest.mark.parametrize("name", MOVES)
def test_a_known_map_is_found(done: Path, name: str) -> None:
    found = np.array(json.loads((done / f"scans/{name}_visit-1/provenance.json").read_text())["template_mm_to_scan_mm"])
    reference = load_reference(SPACING_MM)
    points = nibabel.affines.apply_affine(reference.affine, np.argwhere(reference.mask))
    errors = nibabel.affines.apply_affine(found, points) - nibabel.affines.apply_affine(MOVES[name], points)
    assert np.sqrt((errors**2).sum(1).mean()) < 1.0  # mm, a third of a voxel of the scan


@pytest.mark.parametrize("name", MOVES)
def test_the_result_is_the_template_on_its_grid(done: Path, name: str) -> None:
    place = done / f"scans/{name}_visit-1"
    image, labels = nibabel.load(place / "image.nii.gz"), nibabel.load(place / "labels.nii.gz")
    reference = load_reference(SPACING_MM)
    assert image.shape == labels.shape == (36, 48, 40)
    np.testing.assert_allclose(image.affine, reference.affine, atol=1e-4)
    values = np.asarray(image.dataobj)
    assert image.get_data_dtype() == np.uint16
    assert 0 == values.min() < 0.9 < values.max() <= 1
    classes = np.asarray(labels.dataobj)
    assert set(np.unique(classes)) == {0, 1, 2}
    assert not values[classes == 0].any()
    assert dice(classes > 0, reference.mask) > 0.96
    assert np.corrcoef(values[reference.mask], reference.on_grid[reference.mask])[0, 1] > 0.9


def test_quality_says_how_well_it_went(done: Path) -> None:
    quality = json.loads((done / "scans/a_visit-1/provenance.json").read_text())["quality"]
    assert quality["dice"] > 0.96
    assert quality["scale"] == pytest.approx(0.9 * 0.85 * 0.95, rel=0.03)
    assert quality["cut_off"] < 0.02


def test_the_tables_make_it_a_cohort(done: Path, raw: Path) -> None:
    listing = Prepared().listing(done)
    assert [row.name for row in listing.rows] == ["a_visit-1", "b_visit-1"]
    assert listing.labelling.classes == {0: "background", 1: "GM", 2: "WM"}
    assert listing.notes[0].startswith("Data: test, prepared")
    text = "".join(path.read_text() for path in done.rglob("*.json")) + (done / "manifest.csv").read_text()
    assert str(raw) not in text  # where the raw data lie is nobody's business


def test_the_same_again_makes_nothing_new(done: Path, raw: Path) -> None:
    before = {path: path.read_bytes() for path in done.rglob("*") if path.is_file()}
    assert [scan.fresh for scan in _prepare(raw, done)] == [False, False]
    assert {path: path.read_bytes() for path in done.rglob("*") if path.is_file()} == before


def test_what_is_missing_or_was_made_otherwise_is_made_again(done: Path, raw: Path, tmp_path: Path) -> None:
    before = (done / "scans/b_visit-1/image.nii.gz").read_bytes()
    (done / "scans/b_visit-1/image.nii.gz").unlink()
    assert [scan.fresh for scan in _prepare(raw, done)] == [False, True]
    assert (done / "scans/b_visit-1/image.nii.gz").read_bytes() == before  # the same to the bit
    kept = json.loads((done / "scans/a_visit-1/provenance.json").read_text())["inputs"]
    assert write.known_quality(done / "scans/a_visit-1", kept) is not None
    assert write.known_quality(done / "scans/a_visit-1", kept | {"n4": True}) is None
    assert write.known_quality(tmp_path, kept) is None


def stub(row: Row, *_: object) -> PreparedScan:
    """Without registration."""
    read_volume(row, CLASSES)
    quality = Quality(dice=0.95, correlation=0.5, mutual_information=0.7, scale=0.7, cut_off=0.0)
    image = np.ones(grid_of(SPACING_MM).shape, np.float32)
    return PreparedScan(image, image.astype(np.uint8), Registration(sitk.AffineTransform(3), 0.7), quality)


def test_a_bad_file_leaves_the_good_ones_but_no_cohort(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "prepare_scan", stub)
    root = Path(shutil.copytree(raw, tmp_path / "raw"))
    (root / "b-image.nii.gz").write_bytes(b"")
    out = tmp_path / "out"
    with pytest.raises(BenchError, match=r"b-image.nii.gz is empty \(zero bytes\); copy it again"):
        _prepare(root, out)
    assert [path.name for path in out.rglob("*") if path.is_dir()] == ["scans", "a_visit-1"]
    assert not (out / "manifest.csv").exists()


def test_a_full_disk_leaves_no_half_scan(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(image: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(run, "prepare_scan", stub)
    monkeypatch.setattr(nibabel, "save", full)
    with pytest.raises(OSError, match="No space left"):
        _prepare(raw, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["scans"]


def test_without_a_known_brain_the_templates_is_cut_out(raw: Path) -> None:
    row = Manifest().listing(raw).rows[0]
    scan = prepare_scan(row, CLASSES, BRIGHT, SPACING_MM, n4=False)
    assert scan.quality.dice == 1
    assert not scan.image[~load_reference(SPACING_MM).mask].any()


def test_n4_takes_out_a_bias_field(raw: Path) -> None:
    stored = nibabel.load(raw / "a-image.nii.gz")
    values = np.asarray(stored.dataobj, np.float32)
    brain = values > 0
    biased = values * np.linspace(0.6, 1.6, values.shape[1], dtype=np.float32)[None, :, None]
    corrected = from_sitk(without_bias(to_sitk(biased, stored.affine), to_sitk(brain, stored.affine, np.uint8)))
    before, after = (np.corrcoef(values[brain], image[brain])[0, 1] for image in (biased, corrected))
    assert before < 0.85 < 0.93 < after


@pytest.mark.parametrize(
    ("quality", "why"),
    [
        ({}, ""),
        ({"dice": 0.85}, "overlap 0.850 < 0.9"),
        ({"scale": 0.2}, "brain of 0.20 times the template's volume"),
        ({"cut_off": 0.05}, "5.0% of the brain is outside of the grid"),
    ],
)
def test_what_stands_out_has_a_reason(quality: dict[str, float], why: str) -> None:
    usual = {"dice": 0.95, "correlation": 0.5, "mutual_information": 0.7, "scale": 0.7, "cut_off": 0.0}
    assert Quality(**(usual | quality)).suspicion == why


def test_the_contact_sheet_shows_outliers_first_and_is_not_black(done: Path, raw: Path) -> None:
    scans = _prepare(raw, done)
    odd = [scans[0], replace(scans[1], quality=replace(scans[1].quality, dice=0.5))]
    assert [scan.row.subject for scan in outliers_first(odd)] == ["b", "a"]
    picture, page = write_sheet(odd, SPACING_MM, "<test>", done)
    shown = np.asarray(Image.open(picture))
    assert shown.std() > 20
    text = page.read_text()
    assert text.index("b_visit-1") < text.index("a_visit-1")
    assert "overlap 0.500" in text
    assert "<test>" not in text
    assert "&lt;test&gt;" in text


def test_output_within_the_raw_data_or_among_other_files_is_refused(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="lies within the raw data"):
        _prepare(raw, raw / "out")
    (tmp_path / "thesis.pdf").touch()
    with pytest.raises(BenchError, match=r"holds other files, such as thesis.pdf; choose an empty folder"):
        _prepare(raw, tmp_path)


def test_a_finished_cohort_is_not_made_into_another_one(done: Path, raw: Path) -> None:
    before = {path: path.read_bytes() for path in done.rglob("*") if path.is_file()}
    for changes in ({"spacing_mm": 5.0}, {"n4": True}):
        with pytest.raises(BenchError, match=r"holds scans that were prepared at 4\.0 mm without --n4; choose another"):
            _prepare(raw, done, **changes)
    assert {path: path.read_bytes() for path in done.rglob("*") if path.is_file()} == before


def test_names_that_would_share_a_folder_are_refused(tmp_path: Path) -> None:
    rows = tuple(Row(subject, "v", tmp_path / subject, tmp_path / subject) for subject in ("a/b", "a b"))
    listing = Listing(root=tmp_path / "raw", rows=rows, labelling=CLASSES)
    with pytest.raises(BenchError, match="differ in special characters only"):
        prepare(listing, LABELLED, Preparation(), tmp_path / "out", "test", Task("", 2))
    assert write.folder_name(replace(rows[0], subject="../../etc")) == "-..-etc_v"


@pytest.mark.parametrize("changes", [{"spacing_mm": 0.1}, {"jobs": 0}])
def test_settings_out_of_range_are_refused(changes: dict) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        Preparation(**changes)


def test_a_folder_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    """A table with files of its own, in the layout that a preparation has as well."""
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (out / "scans/a_visit-1").mkdir(parents=True)
    (out / "scans/a_visit-1/T1.nii.gz").write_bytes(b"mine")
    (out / "manifest.csv").write_text("mine")
    with pytest.raises(BenchError, match="was not made by a preparation"):
        run._require_apart(raw, out)
    assert (out / "manifest.csv").read_text() == "mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    with pytest.raises(BenchError, match=r"holds other files, such as notes\.txt"):
        run._require_apart(raw, tmp_path / "other")


def test_a_worker_that_is_killed_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed:
        def submit(self, *_: object) -> Future[None]:
            future: Future[None] = Future()
            future.set_exception(BrokenProcessPool("ended"))
            return future

    monkeypatch.setattr(run, "_pool", lambda jobs: nullcontext(Killed()))
    with pytest.raises(BenchError, match=r"ended from outside.*fewer than --jobs 2; the same command continues"):
        list(run._in_processes([object.__new__(run._Order), object.__new__(run._Order)], 2))
