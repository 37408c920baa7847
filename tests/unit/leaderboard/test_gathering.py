"""Of many records all that cannot stand on a leaderboard are named at once, a line each, and nothing is written."""

import json
from pathlib import Path

import pytest

from bench.cli.board import build_and_report
from bench.errors import BenchError
from bench.leaderboard.build import judge
from bench.leaderboard.gathering import gathered
from bench.records.files import write_record
from tests.factories import make_record
from tests.unit.leaderboard.bundles import run_in


def _written(folder: Path, name: str, **changed: object) -> Path:
    path = folder / name / "record.json"
    write_record(make_record(**changed), path)
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """One good record and four bad ones."""
    folder = tmp_path / "runs"
    good = _written(folder, "good")
    text = good.read_text()
    for name, content in {
        "future": text.replace('"schema_version": ', '"schema_version": 9'),
        "no-number": text.replace('"client_seconds": ', '"client_seconds": NaN, "unused": '),
        "cut": text[: len(text) // 2],
    }.items():
        path = folder / name / "record.json"
        path.parent.mkdir()
        path.write_text(content)
    _written(folder, "markup", warnings=["<script>alert(1)</script>"], cell="b" * 16)
    return folder


def test_every_bad_record_is_named(runs: Path) -> None:
    with pytest.raises(BenchError) as refusal:
        gathered([runs])
    head, *lines = str(refusal.value).splitlines()
    assert head == "no leaderboard can be made of these records, 4 lines:"
    assert [Path(line.split(" ")[0].rstrip(":")).parent.name for line in lines] == [
        "cut",
        "future",
        "no-number",
        "markup",
    ]
    assert "cost.client_seconds is no number" in lines[2]
    assert "warnings[0] holds markup" in lines[3]


def test_nothing_is_written_of_bad_records(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="4 lines"):
        build_and_report([runs], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_one_bad_record_is_one_line(tmp_path: Path) -> None:
    _written(tmp_path, "one")
    _written(tmp_path, "two", pictures=["a.png", "a.png"], cell="b" * 16)
    with pytest.raises(BenchError, match="a picture is named twice") as refusal:
        build_and_report([tmp_path], tmp_path / "site")
    assert "\n" not in str(refusal.value)


def test_records_that_contradict_each_other_are_all_named(tmp_path: Path) -> None:
    for number, shape in enumerate(([8, 8, 8], [9, 8, 8], [7, 8, 8])):
        _written(tmp_path, f"r{number}", data={"shape": shape}, cell=f"{number}" * 16)
    with pytest.raises(BenchError, match="2 lines") as refusal:
        build_and_report([tmp_path], tmp_path / "site")
    assert str(refusal.value).count("say different things about their grid") == 2


@pytest.mark.parametrize("value", [0.05, 0.99])
def test_a_score_that_its_own_linkage_contradicts_is_refused(tmp_path: Path, value: float) -> None:
    path = run_in(tmp_path / "run")
    raw = json.loads(path.read_text())
    judge(gathered([path]))  # as it was run
    raw["privacy"]["scores"]["map"]["value"].update(value=value, low=value - 0.01, high=value + 0.01)
    path.write_text(json.dumps(raw))
    with pytest.raises(BenchError, match=rf"it says mAP {value:.3f}, the linkage beside it gives 0\."):
        judge(gathered([path]))


@pytest.mark.parametrize(
    "place", [("privacy", "scores", "map", "value", "value"), ("utility", "dice_average", "value")]
)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_no_number_in_a_record_is_read_as_one(tmp_path: Path, place: tuple[str, ...], number: str) -> None:
    path = _written(tmp_path, "one")
    raw = json.loads(path.read_text())
    part = raw
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = "HERE"
    path.write_text(json.dumps(raw).replace('"HERE"', number))
    with pytest.raises(BenchError, match=rf"{'.'.join(place)} is no number"):
        gathered([tmp_path])
