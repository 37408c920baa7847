"""What was run again outweighs what is claimed, however it is claimed and however often."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.leaderboard import grouping
from bench.leaderboard.build import judge
from bench.records.claims import CLAIM_NAME, StoredLinkage, read_linkage, write_linkage
from tests.unit.leaderboard.judging import EVERYBODY, NOBODY, Cell, judged_in, rows, tpr


@pytest.fixture(autouse=True)
def _run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records below a folder of this name count as run again."""
    monkeypatch.setattr(grouping, "verdict_beside", lambda path: path if "verified" in path.parts else None)


def _often(cell: Cell, times: int) -> Cell:
    file = cell[0].parent / CLAIM_NAME
    stored = read_linkage(file)
    write_linkage(StoredLinkage(np.repeat(stored.scores, times, axis=0), stored.people), file)
    return cell


def test_claims_under_more_sets_of_keys_do_not_throw_out_what_was_run_again(tmp_path: Path) -> None:
    again = judged_in(tmp_path / "verified")("naked", "reid", EVERYBODY)
    claimed = [judged_in(tmp_path)("naked", f"weak-{number}", NOBODY) for number in range(3)]
    only = rows(again)["naked"]
    assert tpr(rows(again, *(_often(cell, 4) for cell in claimed))["naked"]) == tpr(only) == 1


def test_a_claim_under_another_address_does_not_stand_beside_the_same_cell_run_again(tmp_path: Path) -> None:
    again = judged_in(tmp_path / "verified")("hidden", "reid", NOBODY)
    claimed = judged_in(tmp_path)("hidden", "reid", EVERYBODY, name="deadbeef")
    assert claimed[1].cell != again[1].cell
    assert tpr(rows(again, claimed)["hidden"]) == tpr(rows(again)["hidden"]) < 1
    other = judged_in(tmp_path)("hidden", "reid", EVERYBODY, name="other-seed", seed=1)
    assert len(grouping.groups_of([again, other])[0].entries) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"subjects": {"test": 5000}},
        {"shape": [512, 512, 512]},
        {"spacing_mm": 0.5},
        {"classes": ["background", "GM", "WM", "CSF", "Tumour"]},
    ],
)
def test_one_record_cannot_say_something_else_of_everybodys_scans(tmp_path: Path, data: dict[str, object]) -> None:
    honest = judged_in(tmp_path)("honest", "reid", NOBODY)
    forged = judged_in(tmp_path)("forged", "reid", NOBODY, data=data)
    with pytest.raises(BenchError, match="are of the same scans, and say different things"):
        judge([honest, forged])


def test_a_setting_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    path, record = judged_in(tmp_path)("odd", "reid", NOBODY)
    odd = record.model_copy(update={"settings": {"x": [float("nan")]}})
    with pytest.raises(BenchError, match=r"record\.json is no record of a measurement: setting x\[0\] is no number"):
        judge([(path, odd)])


def test_a_linkage_that_would_not_fit_into_memory_is_not_read(tmp_path: Path) -> None:
    cell = _often(judged_in(tmp_path)("large", "reid", EVERYBODY), 65)
    (one,) = rows(cell).values()
    assert "damaged or too large" in str(one.row.absent)
