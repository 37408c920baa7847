"""Label recovery from training: read the label maps off the mixed labels that the server is trained with.

Source: Kim et al., "Mixup-Privacy", 2023, Eq. 3: for the server to learn, the client sends it
y_mix = alpha y + (1 - alpha) y_ref beside every mixture.
Threat model: T1; the server, or whoever listens while it is trained; owns labelled scans of other people.

No server's doubt lies over these levels, as it does over answers: they are alpha, 1 - alpha, 0 and 1 exactly but for
the rounding of the wire. So alpha and both label maps follow in every voxel. Of one mixture it cannot be told which map
is the target's; the heavier one is claimed, so that with alpha < 1/2 it is the reference's, another training person's.
Left out: that every scan is sent many times in training, which would tell target from references.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from bench.attack import Attack
from bench.attacks.mixtures.decoding import decode
from bench.types.claim import LabelMaps
from bench.types.threat import Goal, Observes, Owns, Phase, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class DecodeTrainingLabels(Attack):
    """Take the labels apart that the server learns from."""

    name: ClassVar[str] = "decode-training-labels"
    summary: ClassVar[str] = "read alpha and a label map off the mixed labels that are sent in training"
    source: ClassVar[str] = "Kim et al., Mixup-Privacy, 2023, Eq. 3"
    goal: ClassVar[Goal] = Goal.LABELS
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION,
        phase=Phase.TRAINING,
        observes=frozenset({Observes.LABELS}),
        owns=frozenset({Owns.AUXILIARY}),
    )

    def run(self, view: AttackerView, trainer: Trainer) -> LabelMaps:
        """One label map a training scan."""
        found = decode(view.training_labels, view.auxiliary)
        alphas = [round(alpha, 4) for alpha in found.alphas]
        return LabelMaps(found.labels, {"alpha": alphas, "labels with visible levels": found.sharp})
