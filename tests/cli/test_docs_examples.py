"""The plugins that docs/ tells people to start from."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.records.files import find_records, read_record
from tests.cli.conftest import TINY, Bench, environment

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.parametrize(
    ("defense", "attack", "file"),
    [("no-proxy", "nearest-neighbor", "nearest_neighbor.py"), ("blur", "reid-msssim", "blur.py")],
)
def test_an_example_runs_from_its_file(bench: Bench, tmp_path: Path, defense: str, attack: str, file: str) -> None:
    ended = bench("run", defense, attack, *TINY, "--plugin", EXAMPLES / file, "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    (path,) = find_records([tmp_path])
    record = read_record(path)
    assert record.privacy is not None
    score = record.privacy.scores["map"]
    assert score.value.value is not None
    assert score.chance is not None
    assert score.value.value > 2 * score.chance  # neither hides much


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that docs/bring-your-own.md has people make."""
    folder = tmp_path_factory.mktemp("brought") / "my_model"
    script = [sys.executable, str(EXAMPLES / "external" / "make_model.py")]
    made = subprocess.run(
        [*script, "--out", str(folder), "--steps", "60", "--subjects", "24"],
        env=environment(PYTHONPATH=str(EXAMPLES.parents[1])),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder


UNTRAINED = ["--preset", "smoke", "--set", "subjects=24", "--set", "utility_subjects=5", "--device", "cpu"]
"""A cell of seconds of a defense that has nothing to iterate."""


def test_a_method_of_ones_own_runs_from_its_manifest(bench: Bench, tmp_path: Path, brought: Path) -> None:
    words = ("run", "external", "reid-msssim", *UNTRAINED, "--out", tmp_path / "runs")
    ended = bench(*words, "--set", f"manifest={brought / 'model.toml'}")
    assert ended.returncode == 0, ended.stderr
    assert "trained elsewhere: blurred mixture" in ended.stdout
    record = read_record(find_records([tmp_path])[0])
    assert record.utility.dice_average.value is not None
    assert record.utility.dice_average.value > 0.2  # three classes, a network that was trained for seconds
    assert record.privacy is not None
    assert record.defense.trained_elsewhere is not None
    assert record.defense.trained_elsewhere.citation == "docs/bring-your-own.md"
    assert record.defense.parameters_server > 0
    assert record.defense.iterations == 0
    assert any("was trained elsewhere" in warning for warning in record.warnings)
    assert str(brought) not in record.model_dump_json(exclude={"command"})

    moved = shutil.copytree(brought, tmp_path / "moved")
    again = bench(*words, "--set", f"manifest={moved / 'model.toml'}")
    assert "already done" in again.stdout
    shutil.copy(moved / "decoder.pt2", moved / "encoder.pt2")
    other = bench(*words, "--set", f"manifest={moved / 'model.toml'}")
    assert other.returncode == 2
    assert other.stderr.count("\n") < 5
    assert "encoder encoder.pt2 of blurred mixture" in other.stderr


def test_a_method_of_ones_own_needs_its_manifest(bench: Bench) -> None:
    ended = bench("run", "external", "reid-msssim", *UNTRAINED)
    assert ended.returncode == 2
    assert "external needs --set manifest=VALUE" in ended.stderr
