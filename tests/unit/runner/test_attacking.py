"""What an attack's misfortune becomes: a failed cell, never a score."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.defense import Networks
from bench.progress import Display
from bench.records.schema import Status
from bench.runner.attack.attacking import Verdict, attack_transcript
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import record_traffic
from bench.types.claim import Linkage, Reconstruction
from bench.types.scan import Roles
from bench.types.training import History
from bench.view import AttackerView
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Doing, Shells

CPU = torch.device("cpu")
SCANS = 16


def _verdict(attack: Doing, roles: Roles, folder: Path) -> Verdict:
    defense = Shells()
    client = Client(defense, nn.Identity(), (), CPU)
    traffic = record_traffic(client, None, roles.test, 0, folder, Display(quiet=True))
    networks = Networks(nn.Identity(), nn.Identity(), History())
    return attack_transcript(attack, client, traffic, networks, roles, trainer_in(folder), (0, "attack", "doing"))


def _boom(view: AttackerView) -> Linkage:
    raise RuntimeError("out of ideas")


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (_boom, r"RuntimeError: out of ideas \(test_attacking.py:\d+\)"),
        (lambda view: Linkage(torch.full((SCANS, SCANS), float("nan"))), "must be finite"),
        (lambda view: Linkage(torch.zeros(3, 3)), "ValueError.*3"),
        (lambda view: Reconstruction(torch.zeros(SCANS, 1, 2, 2, 2)), "goal linkage must return Linkage, got Reconst"),
        (lambda view: None, "must return Linkage, got NoneType"),
    ],
)
def test_a_broken_attack_fails_and_has_no_score(deed: object, reason: str, roles: Roles, tmp_path: Path) -> None:
    verdict = _verdict(Doing(deed=deed), roles, tmp_path)  # type: ignore[arg-type]
    assert verdict.status is Status.FAILED
    assert verdict.claim is None
    assert verdict.reason is not None
    assert re.search(reason, verdict.reason)


def test_a_crash_that_an_interrupt_caused_is_an_interrupt(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.runner.attack.attacking.heard", lambda: True)
    with pytest.raises(KeyboardInterrupt):
        _verdict(Doing(deed=_boom), roles, tmp_path)


def test_reaching_for_a_key_fails_the_cell_and_names_the_grant(roles: Roles, tmp_path: Path) -> None:
    verdict = _verdict(Doing(deed=lambda view: view.keys), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "touched view.keys" in verdict.reason
    assert "Knows.KEYS" in verdict.reason


def test_a_blind_claim_is_scored_not_failed(roles: Roles, tmp_path: Path) -> None:
    guess = torch.rand(SCANS, SCANS, generator=torch.Generator().manual_seed(0))
    verdict = _verdict(Doing(deed=lambda view: Linkage(guess, {"how": "guessed"})), roles, tmp_path)
    assert verdict.status is Status.OK
    assert verdict.claim is not None
    assert verdict.claim.details["how"] == "guessed"
    assert torch.equal(verdict.claim.scores, guess)
