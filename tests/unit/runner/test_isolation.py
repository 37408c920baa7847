"""An attack in a process of its own gets what its card grants, claims the same, and cannot take the suite with it."""

import re
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from bench.defense import Networks
from bench.errors import BenchError, InterruptedTraining
from bench.progress import Display
from bench.records.schema import Status
from bench.registry import Registry
from bench.runner.attack.attacking import Verdict, attack_transcript
from bench.runner.attack.confinement import Confinement
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import record_traffic
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Roles
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import History
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Shells

CPU = torch.device("cpu")
PLUGIN = Path(__file__).with_name("prisoner.py")
ELSEWHERE = Path(__file__).parents[1] / "metrics"  # its deed `trespass` goes there
ORACLE = ThreatModel(
    tier=Tier.ORACLE,
    observes=frozenset({Observes.RELEASE, Observes.REPLY}),
    knows=frozenset(Knows),
    owns=frozenset({Owns.AUXILIARY}),
)
BOTH = pytest.mark.parametrize("isolate", [False, True])


@pytest.fixture(scope="module")
def kind() -> Any:
    """The class of the plugin."""
    return Registry((PLUGIN,)).find("attacks", "prisoner").load()


def _verdict(
    kind: Any,
    deed: str,
    roles: Roles,
    folder: Path,
    *,
    isolate: bool,
    oracle: bool = False,
    timeout: float | None = None,
) -> Verdict:
    client = Client(Shells(queries=2), nn.Identity(), roles.references.scans, CPU)
    server = Server(client.defense, nn.Identity(), CPU)
    traffic = record_traffic(client, server, roles.test, 0, folder / "traffic", Display(quiet=True))
    held = Confinement(isolate=isolate, timeout=timeout, plugins=(PLUGIN,), places={ELSEWHERE: "the dataset"})
    networks = Networks(nn.Identity(), nn.Linear(2, 2), History())
    with torch.no_grad():
        for weights in networks.server.parameters():
            weights.fill_(0.5)
    axes = (0, "attack", "prisoner")
    trainer = replace(trainer_in(folder / "own"), axes=axes)
    with seeded_torch(*axes):
        attack = kind(deed=deed, oracle=oracle)
        return attack_transcript(attack, client, traffic, networks, roles, trainer, axes, held)


def test_the_claim_is_the_same_in_both(kind: Any, roles: Roles, tmp_path: Path) -> None:
    """With every grant, random numbers, the client's code and a trained network."""
    here, there = (
        _verdict(kind, "work", roles, tmp_path / str(isolate), isolate=isolate, oracle=True)
        for isolate in (False, True)
    )
    assert here.reason is None
    assert there.reason is None
    assert here.claim is not None
    assert there.claim is not None
    assert torch.equal(here.claim.scores, there.claim.scores)
    assert here.claim.details == there.claim.details
    assert len(here.claim.details["digest"]) == 64


def test_the_process_holds_nothing_but_what_is_granted(kind: Any, roles: Roles, tmp_path: Path) -> None:
    verdict = _verdict(kind, "dig", roles, tmp_path, isolate=True)
    assert verdict.claim is not None, verdict.reason
    details = verdict.claim.details
    assert details["objects"] > 10_000  # it did look
    assert details["secret objects"] == []
    assert details["secret modules"] == []
    assert details["names of people"] == []
    assert str(tmp_path) not in " ".join(details["arguments"])
    assert str(tmp_path / "own") in details["paths"]  # it would have found the other folder
    assert str(tmp_path / "traffic") not in details["paths"]


@BOTH
@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("nan", "must be finite"),
        ("shape", "ValueError.*3"),
        ("nothing", "must return Linkage, got NoneType"),
        ("raise", r"RuntimeError: out of ideas \(prisoner.py:\d+\)"),
        ("keys", "GrantError: attack 'prisoner' touched view.keys.*Add Knows.KEYS"),
        ("sly keys", "GrantError: attack 'prisoner' touched view.keys.*Add Knows.KEYS"),
        ("leave", "SystemExit: 0"),
        ("trespass", "GrantError: attack 'prisoner' touched a file of the dataset"),
        ("spawn", "GrantError: attack 'prisoner' started a process that nobody watches"),
    ],
)
def test_what_goes_wrong_is_a_failed_cell_either_way(
    kind: Any, roles: Roles, tmp_path: Path, deed: str, reason: str, isolate: bool
) -> None:
    verdict = _verdict(kind, deed, roles, tmp_path, isolate=isolate)
    assert verdict.status is Status.FAILED
    assert verdict.claim is None
    assert verdict.reason is not None
    assert re.search(reason, verdict.reason), verdict.reason


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("segfault", r"killed by signal 11 \(Segmentation fault\)"),
        ("exit", "ended with exit code 7"),
        ("kill", r"killed by signal 9"),
        ("forge", "GrantError: attack 'prisoner' asked for view.keys"),
        ("babble", "ValueError"),
    ],
)
def test_a_process_that_dies_or_lies_is_a_failed_cell(
    kind: Any, roles: Roles, tmp_path: Path, deed: str, reason: str
) -> None:
    verdict = _verdict(kind, deed, roles, tmp_path, isolate=True)
    assert verdict.status is Status.FAILED
    assert verdict.claim is None
    assert verdict.reason is not None
    assert reason in verdict.reason or re.search(reason, verdict.reason)


@pytest.mark.parametrize(
    ("deed", "isolate"), [("sleep", False), ("spin", False), ("stubborn", False), ("spin", True), ("deaf", True)]
)
def test_an_attack_that_hangs_is_a_timeout(kind: Any, roles: Roles, tmp_path: Path, deed: str, isolate: bool) -> None:
    before = signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)
    started = time.monotonic()
    verdict = _verdict(kind, deed, roles, tmp_path, isolate=isolate, timeout=0.5)
    assert verdict.status is Status.TIMEOUT
    assert verdict.claim is None
    assert verdict.reason == "stopped after 0.5 s (--attack-timeout)"
    assert time.monotonic() - started < 20
    assert (signal.getsignal(signal.SIGALRM), signal.getsignal(signal.SIGINT)) == before


@BOTH
def test_an_attack_that_ends_in_time_is_not_disturbed(kind: Any, roles: Roles, tmp_path: Path, isolate: bool) -> None:
    assert _verdict(kind, "guess", roles, tmp_path, isolate=isolate, timeout=60.0).status is Status.OK


@BOTH
def test_what_a_user_can_mend_is_said_either_way(kind: Any, roles: Roles, tmp_path: Path, isolate: bool) -> None:
    with pytest.raises(BenchError, match="delete it"):
        _verdict(kind, "mend", roles, tmp_path, isolate=isolate)


def test_an_interrupt_is_no_timeout(kind: Any, roles: Roles, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _verdict(kind, "interrupt", roles, tmp_path, isolate=False, timeout=60.0)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_interrupt_stops_both_and_keeps_what_was_trained(kind: Any, roles: Roles, tmp_path: Path) -> None:
    def stop_once_it_trains() -> None:
        while not (tmp_path / "own" / "started").exists():
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=stop_once_it_trains, daemon=True).start()
    with pytest.raises(InterruptedTraining, match="long stopped at step"):
        _verdict(kind, "train long", roles, tmp_path, isolate=True)
    assert (tmp_path / "own" / "long.pt").exists()
    process = int((tmp_path / "own" / "started").read_text())
    assert not Path(f"/proc/{process}").exists()
