"""`bench tune`, and `bench run --tuned`, as a user runs them."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.records.files import find_records, read_record
from bench.records.tuning import Tuning
from tests.cli.conftest import TINY, Bench, environment

GRID = ["--grid", "learning_rate=1e-3,3e-3", "--folds", "2"]


@pytest.fixture(scope="module")
def tuned(bench: Bench) -> "subprocess.CompletedProcess[str]":
    return bench("tune", "no-proxy", *GRID, *TINY)


def test_it_prints_the_folds_and_what_was_chosen(tuned: "subprocess.CompletedProcess[str]") -> None:
    assert tuned.returncode == 0, tuned.stderr
    assert "2 settings x 2 folds: 4 trainings" in tuned.stderr
    for words in ("learning_rate", "fold 1", "fold 2", "mean", "sd", "0.001", "0.003", "chosen  learning_rate="):
        assert words in tuned.stdout


@pytest.fixture(scope="module")
def again(bench: Bench, tuned: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    return bench("tune", "no-proxy", *GRID, *TINY, "--json")


def test_again_it_trains_nothing(again: "subprocess.CompletedProcess[str]") -> None:
    assert "4 of them done before" in again.stderr
    assert "training" not in again.stderr.replace("trainings", "")


def test_json_holds_every_fold_and_the_larger_mean_is_chosen(again: "subprocess.CompletedProcess[str]") -> None:
    found = Tuning.model_validate_json(again.stdout)
    assert [scores.settings for scores in found.scores] == [{"learning_rate": 1e-3}, {"learning_rate": 3e-3}]
    assert all(len(scores.folds) == 2 for scores in found.scores)
    best = max(found.scores, key=lambda scores: scores.mean or 0)
    assert found.chosen == best.settings
    assert found.held["iterations"] == 12


def test_a_run_takes_the_choice_and_its_record_says_so(
    bench: Bench, tmp_path: Path, again: "subprocess.CompletedProcess[str]"
) -> None:
    chosen = json.loads(again.stdout)["chosen"]
    ended = bench("run", "no-proxy", "reid-msssim", "--tuned", *TINY, "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert f"tuned by 2 folds of the training role: learning_rate={chosen['learning_rate']}" in ended.stdout
    record = read_record(find_records([tmp_path])[0])
    assert record.defense.tuned is not None
    assert record.defense.tuned.chosen == chosen
    assert record.defense.tuned.overruled == []
    assert record.defense.tuned.folds == 2
    assert "bench tune" in record.defense.tuned.command
    assert record.defense.settings["learning_rate"] == chosen["learning_rate"]
    assert not any("tuned with" in warning for warning in record.warnings)


def test_an_explicit_setting_beats_the_tuned_one(
    bench: Bench, tmp_path: Path, tuned: "subprocess.CompletedProcess[str]"
) -> None:
    words = ["--set", "learning_rate=5e-4", "--set", "iterations=11"]
    ended = bench("run", "no-proxy", "reid-msssim", "--tuned", *TINY, *words, "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    record = read_record(find_records([tmp_path])[0])
    assert record.defense.settings["learning_rate"] == 5e-4
    assert record.defense.tuned is not None
    assert record.defense.tuned.overruled == ["learning_rate"]
    assert any("tuned with iterations=12 (here 11)" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["run", "no-proxy", "reid-msssim", "--tuned", *TINY, "--seed", "7"],
            "make one with: bench tune no-proxy --folds 3 --grid learning_rate=1e-4,3e-4 --data phantom --preset smoke "
            "--seed 7 --set subjects=24 --set utility_subjects=5",
        ),
        (["tune", "no-proxy", "--grid", "lr=1e-4", *TINY], "did you mean 'learning_rate'?"),
        (["tune", "no-proxy", *GRID, "--folds", "1", *TINY], "--folds 1: cross-validation needs at least 2"),
        (["tune", "no-proxy", *GRID, *TINY, "--set", "nonsense=1"], "no setting named 'nonsense'"),
        (["tune", "no-prxy", *GRID, *TINY], "did you mean 'no-proxy'?"),
    ],
)
def test_what_a_user_can_mend_is_one_line(words: list[str], message: str) -> None:
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 2
    assert message in ended.stderr
    assert isinstance(ended.exception, SystemExit)


def test_an_interrupted_tuning_keeps_what_is_finished(bench: Bench, tmp_path: Path) -> None:
    words = ["tune", "no-proxy", *GRID, *TINY, "--set", "iterations=80"]
    cache = str(tmp_path / "cache")
    child = subprocess.Popen(
        [sys.executable, "-m", "bench", *words],
        env=environment(UNVEIL_CACHE=cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    folds = tmp_path / "cache" / "tuning" / "folds"
    deadline = time.monotonic() + 200
    while not list(folds.glob("*.json")) and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=100)
    assert child.returncode == 130, said
    assert "the same command continues" in said or "continues with what is finished" in said
    finished = {path: path.stat().st_mtime_ns for path in folds.glob("*.json")}
    assert 1 <= len(finished) < 4
    again = bench(*words, UNVEIL_CACHE=cache)
    assert again.returncode == 0, again.stderr
    assert f"{len(finished)} of them done before" in again.stderr
    assert all(path.stat().st_mtime_ns == when for path, when in finished.items())
