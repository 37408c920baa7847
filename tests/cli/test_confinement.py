"""`--isolate` and `--attack-timeout` as a user meets them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.records.files import find_records, read_record
from bench.runner.run import LOST_NAME
from tests.cli.conftest import TINY, Bench, environment
from tests.cli.test_failures import ATTACK

TRAINS = ATTACK.replace(
    "@dataclass(frozen=True)",
    """
import os
from bench.types.training import Phase, Schedule

class Objective(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3))

    def forward(self, batch, rng):
        return {"loss": ((self.weight - batch) ** 2).sum()}

class Noise:
    def draw(self, generator):
        return torch.rand(3, generator=generator)

@dataclass(frozen=True)""",
).replace(
    "BODY",
    """objective = Objective()
        print("attack runs in process", os.getpid(), flush=True)
        schedule = Schedule(iterations=10_000_000, learning_rate=0.1)
        trainer.fit("attacker", [Phase("attacker", objective, objective)], Noise(), schedule)""",
)


def _run(tmp_path: Path, text: str, *more: str) -> list[str]:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(text)
    return ["run", "no-proxy", "plugin", *TINY, "--plugin", str(plugin), "--out", str(tmp_path), *more]


@pytest.mark.parametrize(
    ("body", "options", "status", "reason"),
    [
        ("import os; os._exit(7)", ["--isolate"], "failed", "the attack's process ended with exit code 7"),
        ("import time; time.sleep(600)", ["--attack-timeout", "1"], "timeout", "stopped after 1 s (--attack-timeout)"),
    ],
)
def test_a_dead_or_hanging_attack_has_a_state_and_an_exit_code(
    bench: Bench, tmp_path: Path, body: str, options: list[str], status: str, reason: str
) -> None:
    ended = bench(*_run(tmp_path, ATTACK.replace("BODY", body), *options))
    assert ended.returncode == 3, ended.stderr
    assert f"attack {status}: {reason}" in ended.stderr
    record = read_record(find_records([tmp_path])[0])
    assert record.status == status
    assert record.privacy is None
    assert "Leakage" not in ended.stdout


COMPARES = ATTACK.replace(
    "BODY",
    """import os, time
        time.sleep(600 * os.path.exists("FLAG"))
        rows = torch.stack([release.queries.mean(dim=0).flatten() for release in view.releases])
        rows = torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=1)
        return Linkage(rows @ rows.T)""",
)


def test_a_try_that_came_to_nothing_costs_no_record(bench: Bench, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    words = _run(tmp_path, COMPARES.replace("FLAG", str(slow)))
    assert bench(*words).returncode == 0
    (path,) = find_records([tmp_path])
    known = path.read_bytes()
    slow.touch()
    lost = bench(*words, "--isolate", "--attack-timeout", "1")
    assert lost.returncode == 3, lost.stderr
    assert path.read_bytes() == known
    assert read_record(path.parent / LOST_NAME).status == "timeout"
    assert str(path.parent / LOST_NAME) in lost.stdout
    assert "already done" in bench(*words).stdout


def test_isolation_changes_nothing_but_what_it_says(bench: Bench, tmp_path: Path) -> None:
    words = ("run", "no-proxy", "reid-msssim", *TINY, "--out", tmp_path)
    assert bench(*words).returncode == 0
    (path,) = find_records([tmp_path])
    here = read_record(path)
    again = bench(*words, "--isolate", "--attack-timeout", "100")
    assert again.returncode == 0, again.stderr
    assert "already done" not in again.stdout
    there = read_record(path)
    assert here.privacy == there.privacy
    assert (there.attack.isolation, there.attack.timeout_seconds) == ("own process", 100)
    assert here.attack.isolation != there.attack.isolation


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_ends_the_suite_and_the_attack_and_keeps_what_was_trained(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "bench", *_run(tmp_path, TRAINS, "--isolate")],
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert running.stderr is not None
    process = None
    while not (line := running.stderr.readline()).startswith("training attacker"):  # progress from the other process
        assert line, "the run ended before the attack's training began"
        if line.startswith("attack runs in process"):
            process = int(line.split()[-1])
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=180)
    assert running.returncode == 130
    assert "attacker stopped at step" in said
    assert "the same command continues from there" in said
    assert "Traceback" not in said
    assert process is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
def test_the_attack_does_not_outlive_a_suite_that_was_killed(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "bench", *_run(tmp_path, TRAINS, "--isolate")],
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert running.stderr is not None
    while not (line := running.stderr.readline()).startswith("attack runs in process"):
        assert line, "the run ended before the attack began"
    running.kill()
    running.wait()
    deadline = time.monotonic() + 20
    while Path("/proc", line.split()[-1]).exists():
        assert time.monotonic() < deadline
        time.sleep(0.2)
