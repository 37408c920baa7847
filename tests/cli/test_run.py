"""`bench run` end to end."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from bench.records.files import find_records, read_record
from bench.records.schema import Record
from tests.cli.conftest import TINY, Bench, environment


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def first(bench: Bench, out: Path) -> "subprocess.CompletedProcess[str]":
    return bench("run", "mixup-learned-tta", "reid-msssim", *TINY, "--out", out)


@pytest.fixture(scope="module")
def record_path(first: "subprocess.CompletedProcess[str]", out: Path) -> Path:
    assert first.returncode == 0, first.stderr
    (path,) = find_records([out])
    return path


def test_it_prints_utility_leakage_chance_and_where_the_files_are(
    first: "subprocess.CompletedProcess[str]", record_path: Path
) -> None:
    for words in (
        "Utility",
        "Dice",
        "ICC",
        "Leakage",
        "re-identification mAP",
        "chance",
        "K = 1",
        "oracle-key",
        "alpha = 0.9",
        "per scan",
    ):
        assert words in first.stdout
    assert f"record  {record_path}" in first.stdout
    assert "synthetic anatomy" in first.stdout


def test_the_record_fits_the_printed_schema(bench: Bench, record_path: Path) -> None:
    schema = json.loads(bench("schema", "record").stdout)
    jsonschema.validate(json.loads(record_path.read_text()), schema)


def test_the_record_says_what_was_measured(record_path: Path) -> None:
    record = read_record(record_path)
    assert record.status == "ok"
    assert set(record.utility.dice) == {"GM", "WM", "CSF"}
    assert [point.queries for point in record.utility.dice_by_queries] == [1, 3]
    assert record.utility.dice_by_dial is not None
    assert [point.value for point in record.utility.dice_by_dial.points] == [0.1, 0.3, 0.5, 0.7, 0.9]
    assert record.utility.stability["GM"].kind == "ICC(1,1)"
    assert record.privacy is not None
    assert record.privacy.details["levels"] == 3
    assert record.privacy.details["window"] == 7
    assert set(record.privacy.controls) == {"do-nothing", "amplified", "atlas", "random-other", "oracle-key"}
    assert record.privacy.controls["oracle-key"].scores["map"].value == 1
    assert record.privacy.by_queries is not None
    assert [point.at for point in record.privacy.by_queries.points] == [1, 3]
    assert record.privacy.by_dial is not None
    assert [point.at for point in record.privacy.by_dial.points] == [0.1, 0.3, 0.5, 0.7, 0.9]
    assert record.privacy.confound is not None
    assert record.validity is not None
    assert {name: leak.passed for name, leak in record.validity.leaks.items()} == {
        "identity": True,
        "alpha-0.95": True,
        "one-reference": True,
        "linear-encoder": True,
    }
    assert record.data.revisits == "simulated"
    assert record.data.synthetic
    assert record.cost.bytes_sent == 3 * 28 * 36 * 28 * 2
    assert record.cost.bytes_received == 4 * record.cost.bytes_sent
    assert sum(record.data.subjects.values()) == 24


def test_no_subject_is_named_in_the_record(record_path: Path) -> None:
    assert "phantom0" not in record_path.read_text()


def test_pictures_lie_beside_the_record(record_path: Path) -> None:
    pictures = read_record(record_path).pictures
    assert pictures == ["steps.png", "by-queries.png", "by-alpha.png", "uncertainty.png", "reliability.png"]
    for name in pictures:
        assert (record_path.parent / name).read_bytes().startswith(b"\x89PNG")


def test_the_same_command_again_is_done_at_once(bench: Bench, out: Path, record_path: Path) -> None:
    before = record_path.stat().st_mtime_ns
    again = bench("run", "mixup-learned-tta", "reid-msssim", *TINY, "--out", out)
    assert again.returncode == 0
    assert "already done" in again.stdout
    assert "training" not in again.stderr
    assert record_path.stat().st_mtime_ns == before


def test_json_prints_the_record_and_nothing_else(bench: Bench, out: Path, record_path: Path) -> None:
    printed = bench("run", "mixup-learned-tta", "reid-msssim", *TINY, "--out", out, "--json")
    assert Record.model_validate_json(printed.stdout) == read_record(record_path)


def test_a_variant_finds_the_networks_trained(bench: Bench, out: Path, record_path: Path) -> None:
    other = bench("run", "mixup-naive", "reid-msssim", *TINY, "--out", out)
    assert other.returncode == 0, other.stderr
    assert "training" not in other.stderr
    hashes = {read_record(path).defense.training_hash for path in find_records([out])}
    assert hashes == {read_record(record_path).defense.training_hash}


def _long_run(place: Path, iterations: int = 400) -> list[str]:
    """A run long enough to be stopped; long enough for a checkpoint after ten seconds with 2000 iterations."""
    words = ["run", "no-proxy", "reid-msssim", *TINY, "--set", f"iterations={iterations}"]
    return [*words, "--out", str(place / "runs")]


def _undisturbed(bench: Bench, place: Path, iterations: int = 400) -> Record:
    run = bench(*_long_run(place, iterations), UNVEIL_CACHE=str(place / "cache"))
    assert run.returncode == 0, run.stderr
    return read_record(find_records([place])[0])


@pytest.fixture(scope="module")
def undisturbed(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The record of a run that nobody stopped."""
    return _undisturbed(bench, tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_continues_and_ends_in_the_same_record(
    bench: Bench, undisturbed: Record, tmp_path: Path, kill: signal.Signals
) -> None:
    stopped = _start(tmp_path)
    assert stopped.stderr is not None
    while not (line := stopped.stderr.readline()).startswith("training segmenter"):
        assert line, "the run ended before its training began"
    stopped.send_signal(kill)
    _, said = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert "the same command continues from there" in said
    assert "Traceback" not in said
    _assert_continues(bench, tmp_path, undisturbed)


@pytest.mark.slow
def test_a_killed_run_continues_from_its_checkpoint(bench: Bench, tmp_path: Path) -> None:
    killed = _start(tmp_path, 2000)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("cache/networks/*/*.pt")):
        assert killed.poll() is None, "the run ended before its first checkpoint"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.kill()
    killed.communicate(timeout=60)
    assert not list(tmp_path.glob("runs/**/record.json"))
    _assert_continues(bench, tmp_path, _undisturbed(bench, tmp_path / "undisturbed", 2000), 2000)


def _start(place: Path, iterations: int = 400) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *_long_run(place, iterations)],
        env=environment(UNVEIL_CACHE=str(place / "cache")),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def _assert_continues(bench: Bench, place: Path, undisturbed: Record, iterations: int = 400) -> None:
    resumed = bench(*_long_run(place, iterations), UNVEIL_CACHE=str(place / "cache"))
    assert resumed.returncode == 0, resumed.stderr
    assert "continuing segmenter from step" in resumed.stderr
    (path,) = find_records([place / "runs"])
    assert read_record(path).findings() == undisturbed.findings()
