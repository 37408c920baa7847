"""The tables that `bench leaderboard build` prints."""

import shutil
from pathlib import Path

import pytest

from bench.cli.board import LISTED, build_and_report
from bench.records.files import write_record
from tests.unit.leaderboard.judging import EVERYBODY, Judged, judged_in


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return judged_in(tmp_path)


def test_the_terminal_shows_the_worst_case(
    judged: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path, record = judged("mixup", "[bold]siamese", EVERYBODY)
    write_record(record, path)
    build_and_report([path.parent], tmp_path / "out")
    shown = capsys.readouterr().out
    assert "Worst case per defense: ixi, quick" in shown
    assert "[bold]siamese" in shown
    assert f"record  {path}" in shown


@pytest.mark.parametrize(("columns", "intervals"), [(40, False), (80, False), (120, True)])
def test_no_number_is_broken_on_a_narrow_terminal(
    judged: Judged,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
    intervals: bool,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    path, record = judged("deformation-proxy", "reference-dictionary", EVERYBODY)
    write_record(record, path)
    build_and_report([path.parent], tmp_path / "out")
    shown = capsys.readouterr().out
    table = shown[shown.index("Worst case per defense") : shown.index("record  ")]
    dice = record.utility.dice_average
    words = table.split()
    assert {f"{dice.value:.3f}", "1.000", "deformation-proxy", "reference-dictionary"} <= set(words)
    assert (f"[{dice.low:.3f}, {dice.high:.3f}]" in table) == intervals
    assert ("left out: intervals" in table) != intervals


def test_the_terminal_says_that_a_cell_came_twice(
    judged: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path, record = judged("mixup", "siamese", EVERYBODY)
    write_record(record, path)
    shutil.copytree(path.parent, tmp_path / "again")
    build_and_report([tmp_path], tmp_path / "out")
    assert "note: 1 of 2 records repeat a cell that is shown already" in capsys.readouterr().out


def test_the_terminal_counts_many_records_instead_of_naming_them(
    judged: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in range(LISTED + 1):
        path, record = judged("mixup", f"attack {place}", EVERYBODY, name=f"cell-{place}")
        write_record(record, path)
    build_and_report([tmp_path], tmp_path / "out")
    shown = capsys.readouterr().out
    assert f"records {LISTED + 1}, below" in shown
    assert "Worst case per defense" in shown
    assert not any(words in shown for words in ("record  ", "note:", "Re-identification"))
