"""Known answers for attacks on membership: a server that has learned its training scans by heart, and one that never
saw anybody about whom is asked.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import Networks
from bench.metrics.membership import tell_members
from bench.models.segmentation_loss import one_hot
from bench.records.privacy import LeakCheck, Score
from bench.runner.attack.attacking import Verdict
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.candidates import Candidates, candidates_of
from bench.runner.attack.confinement import LostAttack
from bench.runner.leakage.membership import AUC, membership_scores
from bench.runner.leakage.planted import Image, IntensityServer, PlantedLeak
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic
from bench.types.claim import Membership
from bench.types.scan import Cohort, Roles
from bench.types.traffic import Release, Transcript
from bench.types.training import History, Trainer

SHARES = (0.4, 0.1, 0.1, 0.4)
"""Many people to be asked about, half of them trained on."""
BY_HEART_AT_LEAST = 0.9
"""An attack that tells less well whom a server knows by heart is broken."""
SURER = 3.0
"""By how much the score of the true class is raised where a scan is known."""
SAME = 2e-3
"""Mean absolute difference up to which a scan is known again; the wire rounds."""


class ByHeart(nn.Module):
    """Segments by intensity, and is surer of the truth about scans that it has learned.

    Args:
        cohort: what it learns.
        surer: by how much the score of the true class is raised where a scan is known.
    """

    def __init__(self, cohort: Cohort, surer: float = SURER) -> None:
        super().__init__()
        self.surer = surer
        self.bands = IntensityServer.of(cohort)
        self.register_buffer("images", torch.stack([scan.image[0] for scan in cohort]))
        labels = torch.stack([scan.labels for scan in cohort])
        self.register_buffer("truths", one_hot(labels, len(cohort.classes)))

    def forward(
        self, x: Float[Tensor, "batch channel depth height width"]
    ) -> Float[Tensor, "batch class depth height width"]:
        """Scores before softmax."""
        assert isinstance(self.images, Tensor)
        assert isinstance(self.truths, Tensor)
        scores: Tensor = self.bands(x)
        seen = x.mean(dim=1)
        known = torch.stack([(image - self.images).abs().mean(dim=(1, 2, 3)) < SAME for image in seen])  # batch scan
        found = torch.einsum("bs,scdhw->bcdhw", known.float(), self.truths).clamp(max=1)
        return scores + self.surer * found


@final
@dataclass(frozen=True, kw_only=True)
class Memory(PlantedLeak):
    """The scan itself, to a server that knows by heart what it was trained on."""

    name: ClassVar[str] = "memory"
    family: ClassVar[str] = "memory"
    randomised: ClassVar[bool] = False

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Learn the scans by heart."""
        return self.trained_on(cohort, trainer.device)

    def trained_on(self, cohort: Cohort, device: torch.device) -> Networks:
        """The same without a trainer."""
        return Networks(nn.Identity(), ByHeart(cohort).to(device), History())

    def protect(self, image: Image, key: None, client: nn.Module) -> Release:
        """The image."""
        return Release(image[None])


def check_on_memory(attempts: Attempts, roles: Roles, secret: str, device: torch.device) -> dict[str, LeakCheck]:
    """Let the attack at a server that was trained on half of the candidates, and at one trained on nobody of them.

    Raises:
        LostAttack: the attack made no claim.
    """
    leak = Memory()
    client = Client(leak, nn.Identity(), roles.references.first_visits().scans, device, secret)
    asked = candidates_of(roles, attempts.seed, secret)
    found = {}
    for name, learned in (("by-heart", roles.train), ("never-seen", roles.references)):
        attempts.display.say(f"known-answer check: {name}")
        nothing = Traffic(Transcript(()), ())
        verdict = attempts.make(client, nothing, leak.trained_on(learned, device), roles, "validity", name)
        score = _auc(name, verdict, asked, attempts.axes("validity", name))
        reason = _shortfall(name, score)
        found[name] = LeakCheck(passed=reason is None, score=score, reason=reason)
    return found


def _auc(name: str, verdict: Verdict, asked: Candidates, axes: tuple[str | int, ...]) -> Score:
    if not isinstance(verdict.claim, Membership):
        raise LostAttack(verdict.status, f"{verdict.reason} [on the known answer {name}]")
    return membership_scores(tell_members(verdict.claim.scores.tolist(), asked.members, *axes))[AUC]


def _shortfall(name: str, score: Score) -> str | None:
    value, low, high = score.value.value, score.value.low, score.value.high
    if value is None or low is None or high is None:
        return "no score"
    if name == "by-heart" and value < BY_HEART_AT_LEAST:
        return f"AUC {score.value} on a server that knows its people by heart, at least {BY_HEART_AT_LEAST} is expected"
    if name == "never-seen" and not low <= 0.5 <= high:
        return f"AUC {score.value} on a server that never saw anybody, so it tells members by something else"
    return None
