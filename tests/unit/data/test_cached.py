import multiprocessing
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from bench.data import nifti, scan_file
from bench.data.bids import Bids
from bench.data.cached import address, load_cached
from bench.data.nifti import read_image
from bench.data.roles import data_hash, data_secret
from bench.dataset import Dataset, Grid
from bench.errors import BenchError
from bench.types.scan import Cohort, Revisits
from tests.conftest import toy_cohort

GRID = Grid((20, 24, 20), 6.0)


@dataclass(frozen=True, kw_only=True)
class Toy(Dataset):
    """Counts how often it is made."""

    name: ClassVar[str] = "toy"
    summary: ClassVar[str] = "Toy people."
    source: ClassVar[str] = "Unveil"
    synthetic: ClassVar[bool] = True
    needs_root: ClassVar[bool] = False
    loads: ClassVar[list[int]] = []

    people: int = 4

    def fingerprint(self, root: Path | None) -> str:
        return "toy"

    def load(self, root: Path | None, grid: Grid) -> Cohort:
        self.loads.append(self.people)
        return toy_cohort(range(self.people))


def voxels(cohort: Cohort) -> str:
    """Hash of the voxels."""
    return data_hash(replace(cohort, origin=None))


@pytest.fixture(autouse=True)
def _nothing_loaded() -> None:
    Toy.loads.clear()


def test_second_time_comes_from_the_file_with_the_same_bits(tmp_path: Path) -> None:
    first = load_cached(Toy(), None, GRID, tmp_path)
    second = load_cached(Toy(), None, GRID, tmp_path)
    assert Toy.loads == [4]
    assert voxels(first) == voxels(second)
    assert [scan.name for scan in first] == [scan.name for scan in second]
    for field in ("name", "classes", "spacing_mm", "synthetic", "revisits", "notes"):
        assert getattr(first, field) == getattr(second, field)
    assert second.revisits is Revisits.SIMULATED
    assert second.scans[0].image.dtype == torch.float32


def test_images_have_the_precision_of_16_bit_floats(tmp_path: Path) -> None:
    made = toy_cohort(range(4)).scans[0].image
    kept = load_cached(Toy(), None, GRID, tmp_path).scans[0].image
    assert torch.equal(kept, made.half().float())
    assert not torch.equal(kept, made)


def test_other_settings_or_grid_are_another_file(tmp_path: Path) -> None:
    load_cached(Toy(), None, GRID, tmp_path)
    load_cached(Toy(people=5), None, GRID, tmp_path)
    load_cached(Toy(), None, Grid(GRID.shape, 7.0), tmp_path)
    assert Toy.loads == [4, 5, 4]
    assert len(list(tmp_path.iterdir())) == 3


def test_changed_data_are_another_address(tree: Callable[..., Path]) -> None:
    root = tree()
    before = address(Bids(), Bids().fingerprint(root), GRID)
    (root / "participants.tsv").write_text("participant_id\n")
    assert address(Bids(), Bids().fingerprint(root), GRID) != before


def test_voxels_that_are_rounded_otherwise_are_the_same_data_with_the_same_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another processor, sums of floats end a bit apart; keys and comparisons must not depend on that."""
    here = load_cached(Toy(), None, GRID, tmp_path / "here")

    def rounded(self: Toy, root: Path | None, grid: Grid) -> Cohort:
        made = toy_cohort(range(self.people))
        made.scans[1].image.mul_(1 + 1e-3)
        return made

    monkeypatch.setattr(Toy, "load", rounded)
    there = load_cached(Toy(), None, GRID, tmp_path / "there")
    assert voxels(here) != voxels(there)
    assert (data_hash(here), data_secret(here)) == (data_hash(there), data_secret(there))


def test_other_files_settings_or_grids_are_other_data(
    tmp_path: Path, tree: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree()
    cohorts = [load_cached(Bids(), root, GRID, tmp_path / "cache")]
    cohorts.append(load_cached(Bids(seed=1), root, GRID, tmp_path / "cache"))
    cohorts.append(load_cached(Bids(), root, Grid((20, 24, 20), 6.5), tmp_path / "cache"))
    (root / "participants.tsv").write_text("participant_id\n")
    cohorts.append(load_cached(Bids(), root, GRID, tmp_path / "cache"))
    monkeypatch.setattr(Bids, "voxel_version", Bids.voxel_version + 1)
    cohorts.append(load_cached(Bids(), root, GRID, tmp_path / "cache"))
    assert len({data_hash(cohort) for cohort in cohorts}) == len({data_secret(cohort) for cohort in cohorts}) == 5


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text", "missing part"])
def test_damaged_file_is_made_again_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    whole = voxels(load_cached(Toy(), None, GRID, tmp_path))
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    middle = len(content) // 2
    if damage == "missing part":
        file.write_bytes(content[:100] + content[200:])
    else:
        file.write_bytes(
            {
                "truncated": content[:middle],
                "flipped": content[:middle]
                + bytes(255 - byte for byte in content[middle : middle + 9])
                + content[middle + 9 :],
                "empty": b"",
                "text": b"hello",
            }[damage]
        )
    again = load_cached(Toy(), None, GRID, tmp_path)
    assert Toy.loads == [4, 4]
    assert f"cached scans {file} are damaged" in capsys.readouterr().err
    assert voxels(again) == whole
    load_cached(Toy(), None, GRID, tmp_path)
    assert Toy.loads == [4, 4]


def test_pickled_content_is_never_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load_cached(Toy(), None, GRID, tmp_path)
    (file,) = tmp_path.iterdir()
    with file.open("wb") as stream:
        np.savez(stream, header=np.array([{"a": 1}], dtype=object), images=np.zeros(1), labels=np.zeros(1))
    load_cached(Toy(), None, GRID, tmp_path)
    assert "damaged" in capsys.readouterr().err


def test_two_processes_at_once_leave_one_good_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=load_cached, args=(Toy(), None, GRID, tmp_path)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(list(tmp_path.iterdir())) == 1
    load_cached(Toy(), None, GRID, tmp_path)
    assert Toy.loads == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(BenchError, match=r"cannot write the cache .*file.*choose another folder"):
        load_cached(Toy(), None, GRID, blocked)


def test_a_failed_load_leaves_nothing(tmp_path: Path, tree: Callable[..., Path]) -> None:
    root = tree(people=4)
    with pytest.raises(BenchError, match="families"):
        load_cached(Bids(), root, GRID, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_changing_a_scan_changes_memory_only(tmp_path: Path) -> None:
    load_cached(Toy(), None, GRID, tmp_path).scans[0].image.zero_()
    assert load_cached(Toy(), None, GRID, tmp_path).scans[0].image.any()


def test_many_scans_are_mapped_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = voxels(load_cached(Toy(), None, GRID, tmp_path))
    monkeypatch.setattr(scan_file, "CHUNK_BYTES", 3 * 5 * 20 * 24 * 20)  # two and a bit
    assert voxels(load_cached(Toy(), None, GRID, tmp_path)) == first


def test_scans_are_written_as_they_come_and_each_image_is_decoded_once(
    tmp_path: Path, tree: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(sessions=2)
    expected = voxels(Bids().load(root, GRID))
    decoded: Counter[str] = Counter()
    sizes: list[int] = []

    def counting(path: Path) -> Any:
        decoded[path.name] += 1
        sizes.extend(file.stat().st_size for file in (tmp_path / "cache").glob(".*"))
        return read_image(path)

    monkeypatch.setattr(nifti, "read_image", counting)
    cohort = load_cached(Bids(), root, GRID, tmp_path / "cache")
    assert len(cohort) == 16
    assert {name: count for name, count in decoded.items() if name.endswith("T1w.nii.gz") and count != 1} == {}
    assert len(set(sizes)) > 10  # the file grows while scans are read
    assert expected != voxels(cohort)  # 16-bit precision
    assert voxels(load_cached(Bids(), root, GRID, tmp_path / "cache")) == voxels(cohort)


def test_a_full_disk_is_named_and_nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: scan_file.ScanFile, values: np.ndarray) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scan_file.ScanFile, "_write", full)
    with pytest.raises(BenchError, match=r"cannot write the cache .*: No space left on device; choose another folder"):
        load_cached(Toy(), None, GRID, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_knows_of_no_traits_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = load_cached(Toy(), None, GRID, tmp_path)
    (file,) = tmp_path.glob("*.scans")
    file.write_bytes(file.read_bytes().replace(b'"traits"', b'"habits"'))
    again = load_cached(Toy(), None, GRID, tmp_path)
    assert "are damaged ('traits'); making them again" in capsys.readouterr().err
    assert [scan.traits for scan in again] == [scan.traits for scan in first]
    assert Toy.loads == [4, 4]
