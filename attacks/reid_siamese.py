"""Re-identification by a network that was trained on this defense's own releases: the fresh Siamese.

Source: the semi-informed attacker of the VoicePrivacy evaluations, who retrains the recogniser on protected data;
Packhaeuser et al., Sci Rep 12, 2022, for patient re-identification by metric learning.
Threat model: T2; sees all queries of every release, owns scans of other people, and runs the client's code on them
under fresh keys.

For every defense it is trained anew, on releases made for it alone: a bank of the attacker's scans, each under several
keys, each time as a slightly different made-up visit, and of made-up people (smooth warps, mirror images). It never
meets the discriminator that a learned defense was trained against, and a learned defense never met it.

1. Filtered frequencies: cosine coordinates, the mean of all releases taken out, standardised on the bank, weighted by
   frequency. Untrained it is a matched filter; InfoNCE moves two weights for each of eight bands of it.
2. Pooled features: a small CNN on a small copy of the release, by InfoNCE on two thirds of the people.
3. Their sum. How much of 2 goes in is learnt on the other third, whom the CNN has never seen: a network that knows
   fifteen people by heart gets no say about strangers.

Differs from the papers: 3D; no memory bank, as all people fit into one batch; no pretraining; the matched filter.
Open: networks of published size have nothing to learn from in so few people; see `widths`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch

from bench.attacks.learned.bank import look
from bench.attacks.learned.describe import Describer
from bench.attacks.learned.metric import Contrast, Judgement, Metric
from bench.attacks.learned.semi_informed import SemiInformed
from bench.attacks.learned.views import TwoOfEach
from bench.plugin import require_at_least
from bench.trainer.seeding import seeded_torch
from bench.types.claim import Linkage
from bench.types.threat import Goal
from bench.types.training import Phase, Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class ReidSiamese(SemiInformed):
    """Link releases by a similarity learnt on own releases.

    Attributes:
        band: how many of the lowest frequencies along each axis are compared.
        side: longest side, in voxels, of the copy that the CNN sees.
        widths: channels of the CNN's convolutions.
        batch: people in a step, two releases each.
        judges: every n-th family, for this n, is kept out of training and decides how much weight the CNN gets.
    """

    name: ClassVar[str] = "reid-siamese"
    summary: ClassVar[str] = "link releases by a network trained on this defense's releases of own scans"
    source: ClassVar[str] = "after VoicePrivacy's semi-informed attacker; Packhaeuser et al., Sci Rep 2022"
    goal: ClassVar[Goal] = Goal.LINKAGE
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {"keys": 4, "iterations": 60, "learning_rate": 1e-2, "widths": (8, 16)},
        "quick": {"keys": 6, "iterations": 200, "learning_rate": 5e-3, "widths": (8, 16, 32)},
        "standard": {"keys": 8, "iterations": 2000, "learning_rate": 2e-3, "widths": (16, 32, 64), "side": 64},
    }

    keys: int = 16
    band: int = 40
    side: int = 32
    widths: tuple[int, ...] = (32, 64, 128, 256)
    batch: int = 32
    judges: int = 3
    iterations: int = 20_000
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "widths")
        for name in ("band", "side", "batch"):
            if getattr(self, name) < 2:
                raise ValueError(f"{name} must be >= 2, got {getattr(self, name)}")
        if self.judges < 2:
            raise ValueError(f"judges must be >= 2: with {self.judges} nobody is left to learn from")

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        """Similarity of every pair of releases."""
        own, seed = view.auxiliary, int(trainer.axes[0])
        describe = Describer.of(own.shape, self.band, self.side)
        with seeded_torch(seed, self.name, "initial weights"):
            metric = Metric(describe.radii, self.widths)
        bank = self.bank(view, trainer)
        sampler = TwoOfEach(bank=bank, describe=describe, batch=self.batch, judges=self.judges, device=trainer.device)
        turns = [
            Phase("metric", Contrast(metric), metric),
            Phase("judgement", Judgement(metric), metric.combination),
        ]
        trainer.fit("siamese", turns, sampler, self.schedule)
        seen = describe(look(release, own.shape) for release in view.releases).to(trainer.device)
        with torch.inference_mode():
            scores = metric.to(trainer.device).eval()(seen)
        return Linkage(
            scores=scores.float().cpu(), details={"weight of the CNN": round(float(metric.combination.gate), 3)}
        )
