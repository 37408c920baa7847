"""Whatever goes wrong in an attack is a failed cell; whatever a user can mend is one line and exit code 2."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.records.files import find_records, read_record
from tests.cli.conftest import TINY, Bench

ATTACK = """
from dataclasses import dataclass
import torch
from bench.attack import Attack
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, ThreatModel, Tier

@dataclass(frozen=True)
class Plugin(Attack):
    name = "plugin"
    summary = "goes wrong"
    source = "a test"
    goal = Goal.LINKAGE
    threat = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))

    def run(self, view, trainer):
        count = len(view.releases)
        BODY
"""


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("raise RuntimeError('no luck')", "failed", "RuntimeError: no luck"),
        ("return view.keys", "failed", "GrantError: attack 'plugin' touched view.keys"),
        (
            "return Linkage(torch.zeros(count, count))",
            "invalid",
            "missed a planted leak, so it proves nothing (identity",
        ),
    ],
)
def test_an_attack_that_goes_wrong_or_is_blind_has_no_score(
    bench: Bench, tmp_path: Path, body: str, status: str, reason: str
) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(ATTACK.replace("BODY", body))
    words = ("run", "no-proxy", "plugin", *TINY, "--plugin", plugin, "--out", tmp_path)
    ended = bench(*words, UNVEIL_CACHE=str(tmp_path / "cache"))  # nothing is trained yet
    assert ended.returncode == 3, ended.stderr
    assert f"attack {status}:" in ended.stderr
    said = " ".join(ended.stderr.split())
    assert said.index(reason) < said.index("training segmenter")  # whoever wrote it need not wait for a training
    record = read_record(find_records([tmp_path])[0])
    assert record.status == status
    assert record.privacy is None
    assert record.reason is not None
    assert reason in record.reason
    assert "Leakage" not in ended.stdout


def test_a_failed_cell_is_tried_again(bench: Bench, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(ATTACK.replace("BODY", "raise RuntimeError"))
    words = ("run", "no-proxy", "plugin", *TINY, "--plugin", plugin, "--out", tmp_path)
    assert bench(*words).returncode == 3
    again = bench(*words)
    assert again.returncode == 3
    assert "already done" not in again.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "mixup", "reid-msssim"], "no defense named 'mixup'"),
        (["run", "no-proxy", "reid-mssim"], "did you mean 'reid-msssim'?"),
        (["run", "no-proxy", "no-proxy"], "it is one of the defenses"),
        (["run", "no-proxy", "reid-msssim", "--data", "ppmy"], "no dataset named 'ppmy'"),
        (["run", "no-proxy", "reid-msssim", "--data", "bids"], "--root"),
        (["run", "no-proxy", "reid-msssim", "--root", "."], "reads no files"),
        (["run", "no-proxy", "reid-msssim", "--data", "bids", "--root", "no/such/folder"], "no/such/folder"),
        (["run", "no-proxy", "reid-msssim", "--preset", "fast"], "available: smoke, quick, standard, paper"),
        (["run", "no-proxy", "reid-msssim", "--set", "speed=9"], "no setting named 'speed'"),
        (["run", "no-proxy", "reid-msssim", "--set", "widths=thin"], "does not fit"),
        (["run", "no-proxy", "reid-msssim", "--preset", "smoke", "--device", "tpu"], "no device 'tpu'; allowed: auto"),
        (["run", "no-proxy", "reid-msssim", "--plugin", "nowhere.py"], "no plugin file nowhere.py"),
        (["show", "mixup-lerned"], "did you mean 'mixup-learned'?"),
        (["show", "no-proxy", "--preset", "fast"], "no preset named 'fast'"),
        (["leaderboard", "build", "no/such/runs"], "no such run: no/such/runs"),
    ],
)
def test_a_wrong_argument_is_one_clear_line(words: list[str], message: str, tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, words)
    assert ended.exit_code == 2
    assert message in ended.output
    assert ended.output.count("\n") == 1
    assert ended.output.startswith("error: ")


def test_more_queries_than_references_is_one_clear_line(bench: Bench, tmp_path: Path) -> None:
    ended = bench("run", "mixup-learned-tta", "reid-msssim", *TINY, "--set", "queries=99", "--out", tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("error: queries=99 needs as many references")
    assert "Traceback" not in ended.stderr


def test_a_folder_that_cannot_be_written_is_one_clear_line(bench: Bench, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    ended = bench("run", "no-proxy", "reid-msssim", *TINY, "--out", blocked)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert str(blocked) in ended.stderr.splitlines()[-1]
