"""The plugins that docs/ tells people to start from."""

from pathlib import Path

import pytest

from bench.records.files import find_records, read_record
from tests.cli.conftest import TINY, Bench

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
