"""An attack run on its own under guard, and what became of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bench.defense import Networks
from bench.progress import Display
from bench.runner.attack.attacking import Verdict, attack_transcript
from bench.runner.attack.confinement import Confinement
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import record_traffic
from bench.types.claim import Linkage
from bench.types.scan import Roles
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import History
from bench.view import AttackerView
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Doing, Shells

CPU = torch.device("cpu")
SCANS = 16
GUESS = Linkage(torch.arange(SCANS * SCANS, dtype=torch.float32).reshape(SCANS, SCANS))
ORACLE = ThreatModel(
    tier=Tier.ORACLE,
    observes=frozenset({Observes.RELEASE, Observes.REPLY}),
    knows=frozenset(Knows),
    owns=frozenset({Owns.AUXILIARY}),
    queries=2,
)


def verdict_on(
    deed: Callable[[AttackerView], Any], roles: Roles, folder: Path, held: Confinement | None = None
) -> Verdict:
    """What became of a deed in an attack that may see the releases."""
    return verdict_on_attack(Doing(deed=deed), roles, folder, held)


def verdict_on_attack(attack: Doing, roles: Roles, folder: Path, held: Confinement | None = None) -> Verdict:
    client = Client(Shells(), nn.Identity(), roles.references.scans, CPU)
    server = Server(Shells(), nn.Identity(), CPU)
    traffic = record_traffic(client, server, roles.test, 0, folder / "traffic", Display(quiet=True))
    networks = Networks(nn.Identity(), nn.Linear(1, 1), History())
    held = held or Confinement(places={folder: "the suite's cache"})
    trainer = trainer_in(folder / "own")
    return attack_transcript(attack, client, traffic, networks, roles, trainer, (0, "attack", "doing"), held)
