"""Label recovery: read alpha and the target's label map off the server's soft answers.

Source: Kim et al., "Mixup-Privacy", 2023, Eq. 3: what the server is trained to answer is a mixture of label maps.
Threat model: T1; sees the answers to all queries and owns labelled scans of other people.

Where the levels alpha and 1 - alpha show, the target's class in a voxel is the one that all K answers have in common,
or the one with the larger weight; no reference label map is needed. Where the server is too unsure for levels, the
answer's deviation from the average answer, made as large as people's are, is added to the population's label map. One
answer whose levels do not show, and answers that agree, are taken at their word: the most probable class.
Left out: cubes with an alpha of their own; references that appear in several releases. `decode-training-labels` reads
what a server sees in training.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from bench.attack import Attack
from bench.attacks.mixtures.decoding import decode
from bench.types.claim import LabelMaps
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class DecodeOutput(Attack):
    """Take the server's answers apart."""

    name: ClassVar[str] = "decode-output"
    summary: ClassVar[str] = "read alpha and the target's label map off the server's answers"
    source: ClassVar[str] = "Kim et al., Mixup-Privacy, 2023, Eq. 3"
    goal: ClassVar[Goal] = Goal.LABELS
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.REPLY}), owns=frozenset({Owns.AUXILIARY})
    )

    def run(self, view: AttackerView, trainer: Trainer) -> LabelMaps:
        """One label map a release."""
        found = decode(view.replies, view.auxiliary)
        alphas = [round(alpha, 4) for alpha in found.alphas]
        return LabelMaps(found.labels, {"alpha": alphas, "answers with visible levels": found.sharp})
