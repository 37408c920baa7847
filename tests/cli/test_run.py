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
    for words in ("Utility", "Dice", "ICC", "Leakage", "re-identification mAP", "chance", "K = 1", "per scan"):
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
    assert record.utility.stability["GM"].kind == "ICC(1,1)"
    assert record.privacy is not None
    assert record.privacy.details["levels"] == 3
    assert record.privacy.details["window"] == 7
    assert record.data.revisits == "simulated"
    assert record.data.synthetic
    assert record.cost.bytes_sent == 3 * 28 * 36 * 28 * 2
    assert record.cost.bytes_received == 4 * record.cost.bytes_sent
    assert sum(record.data.subjects.values()) == 24


def test_no_subject_is_named_in_the_record(record_path: Path) -> None:
    assert "phantom0" not in record_path.read_text()


def test_pictures_lie_beside_the_record(record_path: Path) -> None:
    pictures = read_record(record_path).pictures
    assert pictures == ["steps.png", "dice-by-queries.png"]
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


def _words(out: Path) -> list[str]:
    return ["run", "no-proxy", "reid-msssim", *TINY, "--set", "iterations=400", "--out", str(out)]


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_continues_and_ends_in_the_same_record(
    bench: Bench, record_path: Path, tmp_path: Path, kill: signal.Signals
) -> None:
    stopped = subprocess.Popen(
        [sys.executable, "-m", "bench", *_words(tmp_path / "stopped")],
        env=environment(UNVEIL_CACHE=str(tmp_path / "cache-stopped")),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert stopped.stderr is not None
    _wait_for_training(tmp_path / "cache-stopped")
    stopped.send_signal(kill)
    _, said = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    assert "the same command continues from there" in said
    assert "Traceback" not in said
    resumed = bench(*_words(tmp_path / "stopped"), UNVEIL_CACHE=str(tmp_path / "cache-stopped"))
    assert resumed.returncode == 0, resumed.stderr
    assert "continuing segmenter from step" in resumed.stderr
    straight = bench(*_words(tmp_path / "straight"), UNVEIL_CACHE=str(tmp_path / "cache-straight"))
    assert straight.returncode == 0, straight.stderr
    one, other = (read_record(find_records([tmp_path / name])[0]) for name in ("stopped", "straight"))
    assert one.findings() == other.findings()


def _wait_for_training(cache: Path) -> None:
    """Until the cohort is prepared, and a little longer: training starts with the networks' folder."""
    deadline = time.monotonic() + 120
    while not any((cache / "cohorts").glob("*/*")) and not any((cache / "cohorts").glob("*.npz")):
        assert time.monotonic() < deadline, "the cohort was never prepared"
        time.sleep(0.05)
    time.sleep(6)
