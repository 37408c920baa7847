"""Known answers for attacks on traits: a server that answers with the true label map of the scan itself, and one
stranger's scan in place of everybody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from torch import nn

from bench.data.roles import data_secret, split
from bench.defense import Networks
from bench.progress import Display
from bench.records.privacy import LeakCheck, Score
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.confinement import LostAttack
from bench.runner.leakage.memory import ByHeart
from bench.runner.leakage.planted import Identity, Image, PlantedLeak
from bench.runner.leakage.traits import WORST, tell_traits
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import record_traffic
from bench.types.scan import Cohort, Scan
from bench.types.threat import Observes
from bench.types.traffic import Release
from bench.types.training import History

SHARES = (0.05, 0.05, 0.45, 0.45)
"""Many own people to learn from and many to ask about; nothing is trained for the defense."""
CERTAIN = 50.0
"""How sure the server is of the label maps that it knows: of nothing else."""


@final
@dataclass(frozen=True, kw_only=True)
class OneBrain(PlantedLeak):
    """The first reference, whoever is asked about: nothing of the patient is sent."""

    name: ClassVar[str] = "one-brain"
    randomised: ClassVar[bool] = False

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> Image:
        """The first reference, always."""
        return references[0].image

    def protect(self, image: Image, key: Image, client: nn.Module) -> Release:
        """The reference."""
        return Release(key.to(image.device)[None])


def check_on_traits(attempts: Attempts, cohort: Cohort, folder: Path, device: torch.device) -> dict[str, LeakCheck]:
    """Let the attack at true label maps, where it must find a trait, and at one brain, where there is none to find.

    Raises:
        LostAttack: the attack made no claim.
    """
    roles, secret = split(cohort, SHARES), data_secret(cohort)
    known = roles.test.only((*roles.test.scans, *roles.auxiliary.scans))
    networks = Networks(nn.Identity(), ByHeart(known, CERTAIN).to(device), History())
    found = {}
    for leak in (Identity(), OneBrain()):
        attempts.display.say(f"known-answer check: {leak.name}")
        client = Client(leak, networks.client, roles.references.first_visits().scans, device, secret)
        server = Server(leak, networks.server, device) if Observes.REPLY in attempts.attack.threat.observes else None
        traffic = record_traffic(client, server, roles.test, 0, folder / leak.name, Display(quiet=True))
        verdict = attempts.make(client, traffic, networks, roles, "validity", leak.name)
        if verdict.claim is None:
            raise LostAttack(verdict.status, f"{verdict.reason} [on the known answer {leak.name}]")
        axes = attempts.axes("validity", leak.name)
        score = tell_traits([verdict.claim], traffic.scans, roles.auxiliary, axes).scores[WORST]
        reason = _shortfall(leak.name, score)
        found[leak.name] = LeakCheck(passed=reason is None, score=score, reason=reason)
    return found


def _shortfall(leak: str, score: Score) -> str | None:
    low, chance = score.value.low, score.chance
    if low is None or chance is None:
        return "no score"
    if leak == Identity.name and low <= chance:
        return f"{score.value} of the best trait on true label maps, not above chance {chance:.3f}"
    if leak == OneBrain.name and low > chance:
        return f"{score.value} of the best trait where one brain stands for everybody, so it tells them otherwise"
    return None
