"""How defenses train: the settings that they share, and one set of presets, so that their utilities compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.plugin import require_at_least
from bench.types.training import Decay, Schedule

TRAINING_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "smoke": {
        "iterations": 150,
        "batch_size": 2,
        "learning_rate": 2e-3,
        "decay": "cosine",
        "patch": 16,
        "widths": (8, 16),
    },
    "quick": {
        "iterations": 600,
        "batch_size": 2,
        "learning_rate": 2e-3,
        "decay": "cosine",
        "patch": 24,
        "widths": (8, 16, 32),
    },
    "standard": {"iterations": 20_000, "learning_rate": 3e-4, "decay": "cosine", "widths": (16, 32, 64, 128)},
}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Settings of the training, by default those of Kim et al., "Mixup-Privacy", 2023.

    Attributes:
        iterations: steps of Adam (paper: 200,000).
        batch_size: training examples in a step (paper: 4).
        learning_rate: Adam's (paper: 1e-4).
        decay: how the learning rate falls: `none` (paper), or to zero along half a `cosine`.
        patch: edge of the training cubes in voxels (paper: 32 for PPMI, 64 for BraTS).
        widths: channels per level of the segmenter, a U-Net++.
    """

    iterations: int = 200_000
    batch_size: int = 4
    learning_rate: float = 1e-4
    decay: Decay = "none"
    patch: int = 32
    widths: tuple[int, ...] = (32, 64, 128, 256, 512)

    def __post_init__(self) -> None:
        require_at_least(1, self, "batch_size", "patch", "widths")
        _ = self.schedule

    @property
    def schedule(self) -> Schedule:
        """How long and how fast to train."""
        return Schedule(iterations=self.iterations, learning_rate=self.learning_rate, decay=self.decay)
