"""`bench run DEFENSE adaptive`: ordinary cells, one table, the worst valid attack."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.records.files import find_records, read_record
from tests.cli.conftest import TINY, Bench, environment

ONLY = ["--only", "reid-ncc,reid-msssim"]

BLIND = '''"""Sees nothing. Source: tests. Threat model: T0."""
from dataclasses import dataclass
from typing import ClassVar

import torch

from bench.attack import Attack
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, ThreatModel, Tier


@dataclass(frozen=True, kw_only=True)
class Blind(Attack):
    """Guesses."""

    name: ClassVar[str] = "blind"
    summary: ClassVar[str] = "guesses"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))

    def run(self, view, trainer):
        return Linkage(torch.rand(len(view.releases), len(view.releases)))
'''


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("adaptive")


@pytest.fixture(scope="module")
def first(bench: Bench, out: Path) -> "subprocess.CompletedProcess[str]":
    return bench("run", "no-proxy", "adaptive", *ONLY, *TINY, "--out", out)


def test_every_attack_is_an_ordinary_cell_and_the_worst_is_named(
    first: "subprocess.CompletedProcess[str]", out: Path
) -> None:
    assert first.returncode == 0, first.stderr
    records = {record.attack.name: record for record in map(read_record, find_records([out]))}
    assert set(records) == {"reid-msssim", "reid-ncc"}
    scores = {name: record.privacy.scores["map"].value for name, record in records.items() if record.privacy}
    most = max(scores, key=lambda name: scores[name].value or 0)
    assert f"worst case of no-proxy: {most}, mAP {scores[most]}" in first.stdout
    assert all(str(score) in first.stdout for score in scores.values())
    assert first.stdout.count("OK") == 2


def test_a_record_holds_the_command_of_its_own_cell(
    bench: Bench, first: "subprocess.CompletedProcess[str]", out: Path
) -> None:
    assert first.returncode == 0, first.stderr
    for path in find_records([out]):
        record = read_record(path)
        assert f"bench run no-proxy {record.attack.name} --data phantom --preset smoke" in record.command
        assert "--set data.subjects=24" in record.command
        again = bench(*record.command.split()[1:], "--out", out, "--device", "cpu")
        assert "already done" in again.stdout


def test_finished_cells_are_not_run_again(bench: Bench, first: "subprocess.CompletedProcess[str]", out: Path) -> None:
    assert first.returncode == 0, first.stderr
    before = {path: path.stat().st_mtime_ns for path in find_records([out])}
    again = bench("run", "no-proxy", "adaptive", *ONLY, *TINY, "--out", out, "--json")
    assert again.returncode == 0, again.stderr
    found = json.loads(again.stdout)
    assert found["worst"] in {"reid-msssim", "reid-ncc"}
    assert len(found["records"]) == 2
    assert {path: path.stat().st_mtime_ns for path in find_records([out])} == before


def test_a_defense_without_a_valid_attack_is_unproven(bench: Bench, tmp_path: Path) -> None:
    plugin = tmp_path / "blind.py"
    plugin.write_text(BLIND)
    words = ["run", "no-proxy", "adaptive", "--only", "blind", *TINY, "--plugin", plugin, "--out", tmp_path]
    ended = bench(*words)
    assert ended.returncode == 3
    assert "no-proxy is unproven: no valid attack" in ended.stdout
    assert "INVALID" in ended.stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["adaptive", "--only", "reid-nccc"], "no attack named 'reid-nccc' (did you mean 'reid-ncc'?)"),
        (["adaptive", "--only", "bss-edm-known-alpha"], "bss-edm-known-alpha (T3 reconstruction) is not in the suite"),
        (["reid-ncc", "--only", "reid-ncc"], "--only chooses among the attacks of adaptive"),
        (["adaptive", "--set", "attack.whiten=3"], "no component 'attack'"),
        (["adaptive", "--data", "bids"], "say where they are with --root DIR"),
    ],
)
def test_what_cannot_be_done_is_one_line(bench: Bench, tmp_path: Path, words: list[str], line: str) -> None:
    ended = bench("run", "no-proxy", *words, "--out", tmp_path)
    assert ended.returncode == 2
    assert line in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_catalogue_shows_it(bench: Bench) -> None:
    assert "adaptive" in bench("list").stdout
    shown = bench("show", "adaptive").stdout
    assert "reid-msssim" in shown
    assert "known-alpha" not in shown


def test_what_is_done_when_it_is_stopped_is_kept(bench: Bench, tmp_path: Path) -> None:
    command = ["run", "no-proxy", "adaptive", *ONLY, *TINY, "--out", str(tmp_path)]
    stopped = subprocess.Popen(
        [sys.executable, "-m", "bench", *command],
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert stopped.stderr is not None
    while "(2 of 2)" not in (line := stopped.stderr.readline()):
        assert line, "the suite ended before its second attack"
    stopped.send_signal(signal.SIGINT)
    _, said = stopped.communicate(timeout=120)
    assert stopped.returncode == 130, said
    assert [read_record(path).attack.name for path in find_records([tmp_path])] == ["reid-msssim"]
    again = bench(*command)
    assert again.returncode == 0, again.stderr
    assert len(find_records([tmp_path])) == 2
