"""Membership: whose scans was the server trained on?

Source: Carlini et al., "Membership inference attacks from first principles" (LiRA), IEEE S&P 2022, Alg. 1, online.
Threat model: T2; holds labelled scans of the people it asks about and of others, the server's network (a cloud holds
its own), and the public training and client code; sees no traffic.

Shadow networks are trained on random halves of everybody the attacker has scans of, so that each person is in half of
them. Of each person asked about the attacker has one scan; where people come again it makes another visit of it, since
members were trained on with all of theirs, and a defense that learns from pairs of visits learns nothing of one scan.
How sure a network is of a person's true labels, phi, is the mean logit over the brain, for the clean scan and for
releases that the client's code makes of it under a few keys. In and out of the training data phi has two means for each
person and one covariance for everybody; the target's phi is more likely under one or the other. How sure a network is
of everybody alike is luck of its training and is taken out first.

Differs from the paper: a volume's phi is a mean over voxels; one covariance, see `bench.attacks.membership`; of the
target's phi counts what a line through the middles of in and out leaves over, as shadows may be trained for a part of
the iterations only (`effort`), and more iterations make a network surer of those who are easy above all.
Every network is asked in its own client's words: with releases that the client of the same training makes. The words of
another training's encoder mean nothing to a server. Everybody is asked about under the same keys: how much a key hides
would outweigh by far what a network remembers.
Left out: releases of cubes with keys of their own go to the server uncut; of several queries the first is asked about;
releases that move the anatomy are held against labels that are not moved.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench import seeds
from bench.attack import Attack
from bench.attacks.learned.visits import another_scan
from bench.attacks.membership.halves import complementary_halves
from bench.attacks.membership.likelihood_ratio import log_ratio, matched, mean_of, own_part
from bench.metrics.confidence import mean_logit
from bench.models.inference import predict
from bench.types.claim import Membership
from bench.types.scan import Cohort, Revisits, Scan
from bench.types.threat import Goal, Knows, Owns, ThreatModel, Tier
from bench.types.traffic import Release
from bench.types.training import Trainer
from bench.view import AttackerView, ClientCode

Questions = list[Float[Tensor, "_channel depth height width"]]
"""What a network is asked about one person; a defense may send more channels than a scan has."""


@final
@dataclass(frozen=True, kw_only=True)
class MembershipLira(Attack):
    """Compare the server's certainty with that of networks that did and did not learn a person.

    Attributes:
        shadows: how many networks are trained, an even number (paper: 256, and 16 in its demo).
        effort: share of the defense's own training iterations that each of them gets, in (0, 1].
        mixtures: releases of every candidate that the client's code makes; 0 for clean scans alone.
    """

    name: ClassVar[str] = "membership-lira"
    summary: ClassVar[str] = "tell who was in the training data, by the likelihood ratio of shadow networks"
    source: ClassVar[str] = "Carlini et al., Membership inference attacks from first principles, IEEE S&P 2022"
    goal: ClassVar[Goal] = Goal.MEMBERSHIP
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.SEMI_INFORMED,
        knows=frozenset({Knows.SERVER_WEIGHTS, Knows.CLIENT_CODE, Knows.TRAINING_CODE}),
        owns=frozenset({Owns.AUXILIARY, Owns.CANDIDATES}),
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {"shadows": 4, "mixtures": 1},
        "quick": {"shadows": 8, "effort": 0.25, "mixtures": 3},
        "standard": {"shadows": 8, "effort": 0.5},
    }

    shadows: int = 16
    effort: float = 1.0
    mixtures: int = 4

    def __post_init__(self) -> None:
        if self.shadows < 4 or self.shadows % 2:
            raise ValueError(f"shadows must be an even number >= 4, so that everybody varies, got {self.shadows}")
        if not 0 < self.effort <= 1:
            raise ValueError(f"effort must be in (0, 1], got {self.effort}")
        if self.mixtures < 0:
            raise ValueError(f"mixtures must be >= 0, got {self.mixtures}")

    def run(self, view: AttackerView, trainer: Trainer) -> Membership:
        """A log-likelihood ratio a candidate."""
        asked, seed = view.candidates, int(trainer.axes[0])
        again = tuple(
            another_scan(scan, len(asked.classes), asked.spacing_mm, seeds.generator(seed, self.name, "visit", place))
            for place, scan in enumerate(asked)
            if view.auxiliary.revisits is not Revisits.NONE
        )
        everybody = asked.only((*view.auxiliary.scans, *asked.scans, *again))
        families = sorted({scan.family for scan in everybody})
        halves = complementary_halves(len(families), self.shadows, seeds.generator(seed, self.name, "halves"))

        def phi_of(server: nn.Module, client: ClientCode) -> Float[Tensor, "person 2"]:
            questions = [questions_about(scan, client, self.mixtures, (seed, self.name, "key")) for scan in asked]
            return certainty(server, questions, asked, trainer)

        phi = phi_of(view.server, view.client)
        inside, found = [], []
        for shadow, half in enumerate(halves):
            learned = {family for family, chosen in zip(families, half, strict=True) if chosen}
            own = everybody.only(tuple(scan for scan in everybody if scan.family in learned))
            trained = view.training(own, f"shadow {shadow}", self.effort)
            found.append(phi_of(trained.server, partial(_over, trained.protect, view.auxiliary)))
            inside.append([scan.family in learned for scan in asked])
        shadow_phi, known = own_part(torch.stack(found)), torch.tensor(inside)
        scores = log_ratio(matched(phi, shadow_phi, known), shadow_phi, known)
        gap = mean_of(shadow_phi, known) - mean_of(shadow_phi, ~known)
        details = {"surer of who was learned, by query": [round(one, 4) for one in gap.mean(dim=0).tolist()]}
        return Membership(scores.float(), details)


def _over(
    protect: Callable[[Scan, Cohort, np.random.Generator], Release], pool: Cohort, scan: Scan, rng: np.random.Generator
) -> Release:
    return protect(scan, pool, rng)


def questions_about(scan: Scan, client: ClientCode, mixtures: int, axes: tuple[str | int, ...]) -> Questions:
    """The clean scan, then releases of it, one for each key.

    A release that says the same as one before ends them: the defense has no keys, or sends the scan itself. Without the
    clean scan where releases have other channels than it: the server could not read it.
    """
    found = [scan.image]
    for number in range(mixtures):
        image = client(scan, seeds.generator(*axes, number)).queries[0]
        if any(torch.equal(image, known) for known in found):
            break
        found.append(image)
    return [image.half() for image in found if image.shape == found[-1].shape]  # as the wire carries them


def certainty(
    network: nn.Module, questions: Sequence[Questions], asked: Cohort, trainer: Trainer
) -> Float[Tensor, "person 2"]:
    """Phi of every candidate: for the first question, and the mean over the others; the first again without any."""
    found = []
    with trainer.track("asking a network about candidates", len(asked)) as steps:
        for images, scan in zip(questions, asked, strict=True):
            maps = [predict(network, image[None].float().to(trainer.device))[0].cpu() for image in images]
            first, *others = [mean_logit(scores, scan.labels) for scores in maps]
            found.append(torch.stack([first, torch.stack(others or [first]).mean()]))
            steps.advance()
    return torch.stack(found)
