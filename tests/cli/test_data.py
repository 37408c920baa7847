"""`bench data list`, `show`, `check` and `prepare` as a user meets them."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.registry import Registry
from tests.cli.conftest import Bench, environment
from tests.cohort_trees import brats_tree, manifest_tree, mslesseg_tree, open_ms_tree, ppmi_tree

NAMES = [entry.name for entry in Registry().of("datasets")]


def output(*words: str | Path, code: int = 0) -> str:
    ended = CliRunner().invoke(app, ["data", *map(str, words)])
    assert ended.exit_code == code, ended.output
    return ended.output


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    return manifest_tree(tmp_path / "data")


def test_list_names_every_cohort_with_its_licence() -> None:
    printed = output("list")
    assert [name for name in NAMES if name not in printed] == []
    assert "Data Use" in printed
    facts = json.loads(output("list", "--json"))
    assert list(facts) == NAMES
    assert [name for name in NAMES if not facts[name].get("licence")] == []


@pytest.mark.parametrize("name", NAMES)
def test_show_tells_licence_citation_and_the_expected_files(name: str) -> None:
    printed = output("show", name)
    for word in ("licence", "get it", "cite", "expected files:", f"bench show {name}"):
        assert word in printed


def test_show_of_nothing_known_is_one_line() -> None:
    assert "no dataset named 'ppmy' (did you mean 'ppmi'?)" in output("show", "ppmy", code=2)


def test_check_of_a_sound_cohort_ends_with_0_and_the_next_command(cohort: Path) -> None:
    printed = output("check", "manifest", "--root", cohort, "--quiet")
    assert "8 of 8 people in 8 families" in printed
    assert "--data manifest --root" in printed


def test_check_as_json_has_every_scan(cohort: Path) -> None:
    (cohort / "scans/02-0.nii.gz").write_bytes(b"")
    found = json.loads(output("check", "manifest", "--root", cohort, "--quiet", "--json", code=2))
    assert len(found["scans"]) == 8
    assert len(found["problems"]) == 1
    assert found["roles"]["train"] == 3


def test_check_takes_settings(cohort: Path) -> None:
    assert "no setting named 'maks'" in output("check", "manifest", "--root", cohort, "--set", "maks=none", code=2)
    printed = output("check", "manifest", "--root", cohort, "--set", "mask=nonzero", "--quiet")
    assert "8 of 8 people" in printed


def test_a_made_up_cohort_cannot_be_checked(tmp_path: Path) -> None:
    assert "dataset phantom reads no files" in output("check", "phantom", "--root", tmp_path, code=2)


def test_prepare_refuses_what_it_cannot_do(cohort: Path, tmp_path: Path) -> None:
    words = ("prepare", "manifest", "--root", cohort, "--out")
    assert "spacing must be in [0.5, 8] mm" in output(*words, tmp_path / "out", "--spacing", "20", code=2)
    assert "lies within the raw data" in output(*words, cohort / "out", code=2)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.real
def test_real_scans_are_prepared_stopped_continued_and_run(bench: Bench, ixi: Path, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    for subject in sorted(ixi.glob("sub-*"))[:8]:
        shutil.copytree(subject, raw / subject.name)
    shutil.copy(ixi / "dseg.tsv", raw)
    words = ["data", "prepare", "bids", "--root", str(raw), "--out", str(out), "--spacing", "4", "--jobs", "2"]
    started = subprocess.Popen(
        [sys.executable, "-m", "bench", *words], env=environment(), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 240
    while not list(out.glob("scans/sub-*")) and time.monotonic() < deadline:
        time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=120)
    assert started.returncode == 130, said
    assert "the same command continues" in said
    assert not (out / "manifest.csv").exists()
    assert list(out.rglob("scans/.*")) == []
    done = len(list(out.glob("scans/sub-*")))
    assert 0 < done < 8
    ended = bench(*words)
    assert ended.returncode == 0, ended.stderr
    assert f"({8 - done} made now)" in ended.stdout
    qualities = [json.loads(path.read_text())["quality"]["dice"] for path in out.glob("scans/*/provenance.json")]
    assert len(qualities) == 8
    assert min(qualities) >= 0.9
    ran = bench(
        *("run", "no-proxy", "reid-ncc", "--data", "prepared", "--root", out, "--preset", "smoke", "--device", "cpu"),
        *("--set", "iterations=5", "--set", "utility_subjects=2", "--out", tmp_path / "runs"),
    )
    assert ran.returncode in (0, 3), ran.stderr  # eight people may be too few for a valid attack
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "tree"),
    [
        ("ppmi", partial(ppmi_tree, people=16)),  # half of them have two visits: somebody of the test role, too
        ("brats2021", brats_tree),
        ("mslesseg", mslesseg_tree),
        ("open_ms", open_ms_tree),
        ("manifest", manifest_tree),
    ],
)
def test_every_layout_is_checked_prepared_and_run(
    bench: Bench, tmp_path: Path, name: str, tree: Callable[[Path], Path]
) -> None:
    """As it lies, and prepared."""
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    assert bench("data", "check", name, "--root", raw, "--quiet").returncode == 0
    made = bench("data", "prepare", name, "--root", raw, "--out", out, "--spacing", "4", "--jobs", "2")
    assert made.returncode == 0, made.stderr
    assert bench("data", "check", "prepared", "--root", out, "--quiet").returncode == 0
    for data, root in ((name, raw), ("prepared", out)):
        ran = bench(
            *("run", "no-proxy", "reid-msssim", "--data", data, "--root", root, "--preset", "smoke", "--device", "cpu"),
            *("--set", "iterations=5", "--set", "utility_subjects=2", "--out", tmp_path / "runs"),
        )
        assert ran.returncode == 0, ran.stderr
        assert f"on {data}, smoke" in ran.stdout
