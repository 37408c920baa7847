"""What a board lacks is printed as commands, and running one fills the board."""

import shlex
from pathlib import Path

import pytest

from bench.atomic import write_text
from bench.cli.missing import _by_dataset
from bench.errors import BenchError
from bench.records.files import RECORD_NAME
from tests.cli.conftest import TINY, Bench
from tests.factories import make_record


def test_a_printed_command_makes_a_cell_of_the_same_defense(bench: Bench, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    ran = bench("run", "noise", "reid-msssim", *TINY, "--set", "defense.sigma=0.3", "--quiet", "--out", runs)
    assert ran.returncode == 0, ran.stderr
    said = bench("leaderboard", "missing", runs)
    assert (said.returncode, said.stderr) == (0, "")
    (line,) = said.stdout.splitlines()
    words = shlex.split(line)
    assert words[:4] == ["bench", "run", "noise", "adaptive"]
    assert "defense.sigma=0.3" in words
    assert "data.subjects=24" in words
    asked = words[words.index("--only") + 1].split(",")
    assert "reid-ncc" in asked
    assert "reid-msssim" not in asked
    assert "decode-training-labels" not in asked  # noise sends no labels
    words[words.index("--only") + 1] = "reid-ncc"
    filled = bench(*words[1:], "--device", "cpu", "--quiet", "--out", runs)
    assert filled.returncode == 0, filled.stderr
    (again,) = bench("leaderboard", "missing", runs).stdout.splitlines()  # one line: no second variant of the defense
    left = shlex.split(again)
    assert left[left.index("--only") + 1].split(",") == [name for name in asked if name != "reid-ncc"]


def test_foreign_text_reaches_no_command(bench: Bench, tmp_path: Path) -> None:
    evil = make_record(defense={"name": "x; rm -rf \x1b[2J"}, command="bench run 'x; rm -rf'")
    write_text(tmp_path / "runs" / "one" / RECORD_NAME, evil.model_dump_json())
    said = bench("leaderboard", "missing", tmp_path / "runs")
    assert (said.returncode, said.stdout) == (0, "")
    (note,) = said.stderr.splitlines()
    assert "cannot be run here: no " in note
    assert "\x1b" not in note


def test_no_records_is_one_line(bench: Bench, tmp_path: Path) -> None:
    said = bench("leaderboard", "missing", tmp_path)
    assert said.returncode == 2
    assert len(said.stderr.splitlines()) == 1


def test_a_folder_is_for_the_dataset_that_it_names() -> None:
    assert _by_dataset(["/a b"], ["bids"]) == {"bids": Path("/a b")}
    two = ["bids", "prepared"]
    assert _by_dataset(["prepared=/ready", "bids=/raw=1"], two) == {"prepared": Path("/ready"), "bids": Path("/raw=1")}
    for datasets, named in ((two, "bids, prepared"), ([], "none of real scans")):
        with pytest.raises(BenchError, match=f"name these datasets: {named}; write --root NAME=DIR instead of '/raw'"):
            _by_dataset(["/raw"], datasets)
