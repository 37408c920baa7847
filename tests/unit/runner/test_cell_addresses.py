"""A cell is named by the code as it was when it was asked for; what follows from networks, by their weights."""

import shutil
from pathlib import Path

import pytest

from bench.registry import Registry
from bench.runner.cell import Cell, Request

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "nearest_neighbor.py"

_DATASET = """
import dataclasses
from typing import ClassVar
from bench.dataset import Dataset

@dataclasses.dataclass(frozen=True, kw_only=True)
class Toy(Dataset):
    name: ClassVar[str] = "toy"
    summary: ClassVar[str] = "nobody"
    source: ClassVar[str] = "none"
    synthetic: ClassVar[bool] = True
    needs_root: ClassVar[bool] = False

    def fingerprint(self, root):
        return "the same"

    def load(self, root, grid):
        raise AssertionError
"""


def resolved(plugin: Path) -> Cell:
    request = Request(defense="no-proxy", attack="nearest-neighbor", data="phantom", preset="smoke", plugins=(plugin,))
    return Cell.resolve(request, Registry((plugin,)))


def test_an_edit_while_it_runs_changes_neither_name_nor_folder(tmp_path: Path) -> None:
    plugin = shutil.copy(EXAMPLE, tmp_path / "nearest_neighbor.py")
    cell = resolved(plugin)
    folder = cell.folder
    plugin.write_text(plugin.read_text() + "\nEDITED = True\n")
    assert cell.folder == folder
    assert resolved(plugin).folder != folder


def test_what_follows_from_trained_networks_goes_by_their_weights_and_what_does_not_does_not() -> None:
    request = Request(defense="mixup-learned", attack="reid-msssim", data="phantom", preset="smoke")
    cell = Cell.resolve(request, Registry())
    for one, other in (
        (cell.transcript_address("a"), cell.transcript_address("b")),
        (cell.utility_address("a", "cpu"), cell.utility_address("b", "cpu")),
        (cell.informed_address("a"), cell.informed_address("b")),
        (cell.attacker_address("a"), cell.attacker_address("b")),
    ):
        assert one != other


@pytest.mark.parametrize("edit", ["voxel_version: ClassVar[int] = 2", "_FACTOR = 0.5"])
def test_another_version_of_a_dataset_of_ones_own_is_another_training(tmp_path: Path, edit: str) -> None:
    """Else old releases would be judged by new scans, under keys of old ones."""

    def asked(text: str) -> Cell:
        plugin = tmp_path / "noise_cohort.py"
        plugin.write_text(text)
        request = Request(defense="no-proxy", attack="reid-ncc", data="toy", preset="smoke", plugins=(plugin,))
        return Cell.resolve(request, Registry((plugin,)))

    before, after = asked(_DATASET), asked(_DATASET + f"    {edit}\n")
    assert before.fingerprint == after.fingerprint
    assert before.address != after.address
    assert before.training_address != after.training_address
    assert before.transcript_address("a") != after.transcript_address("a")
    assert before.prior_address != after.prior_address
