"""The paper's own attack: blind source separation with a score network and noise-annealed Langevin dynamics.

Source: Kim et al., "Mixup-Privacy", 2023, Sec. 4.1 and Fig. 4; Jayaram and Thickstun, "Source Separation with Deep
Generative Priors" (BASIS), ICML 2020.
Threat model: T1; sees one query of each release, owns scans of other people. A variant is told alpha (T3, not ranked).
Left open by the paper: noise levels, steps and step size (ours: BASIS'), how volumes are covered (the network learns
from cubes and is asked about whole volumes, by a sliding window where they do not fit), and whether the attacker knows
alpha (here estimated; the variant `bss-dgp-known-alpha` is told). Larger steps than the stable ones are cut to nine
tenths of those. Differs from BASIS: the noise of the last level is taken out at the end (`denoise`), and the sources
explain the mixture exactly (`exact`), which they do only up to that noise otherwise. Both make the attack stronger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

from bench.attack import TEST_ONLY
from bench.attacks.separation.langevin import AnnealedLangevin
from bench.attacks.separation.langevin_separator import LangevinSeparator
from bench.attacks.separation.priors import fit_ncsn
from bench.attacks.separation.schedules import geometric_sigmas
from bench.attacks.separation.separation import Separation, ToldAlpha
from bench.plugin import require_at_least
from bench.types.scan import Cohort
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Schedule, Trainer


@dataclass(frozen=True, kw_only=True)
class BssDgp(Separation):
    """Blind source separation with NCSN and Langevin dynamics, one query per scan.

    Attributes:
        widths: channels per level of the U-Net++, finest first.
        patch: edge in voxels of the cubes that are learnt from; separated are whole volumes.
        batch: cubes in a training step.
        iterations, learning_rate: training.
        levels: noise levels, falling from 1.
        finest: the last of them (BASIS: .01, which is more than what is left of a stranger at alpha = .95).
        steps_per_level: Langevin steps at each.
        delta: step size at the last level.
        pull: by what the variance that a mixture's residual is measured against is divided.
        restarts: random initialisations; their mean is the reconstruction.
        denoise: whether the noise of the last level is taken out at the end (BASIS: no; NCSNv2: yes).
        exact: whether both sources then move, as little as possible, to where they are the mixture again (BASIS: no).
    """

    name: ClassVar[str] = "bss-dgp"
    summary: ClassVar[str] = "the paper's separation by Langevin dynamics; alpha estimated from the release"
    source: ClassVar[str] = "Kim et al. 2023, Sec. 4.1; Jayaram and Thickstun, ICML 2020"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION,
        observes=frozenset({Observes.RELEASE}),
        owns=frozenset({Owns.AUXILIARY}),
        queries=1,
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "widths": (4, 8),
            "patch": 16,
            "batch": 4,
            "iterations": 100,
            "learning_rate": 2e-3,
            "levels": 5,
            "steps_per_level": 2,
            "restarts": 1,
            "together": 1,
            "traced": 2,
        },
        "quick": {
            "widths": (8, 16),
            "patch": 16,
            "batch": 8,
            "iterations": 600,
            "learning_rate": 2e-3,
            "steps_per_level": 3,
            "restarts": 1,
            "together": 1,
            "traced": 2,
        },
        "standard": {"widths": (16, 32, 64, 128), "iterations": 10_000, "steps_per_level": 20, "restarts": 1},
    }

    widths: tuple[int, ...] = (32, 64, 128, 256, 512)
    patch: int = 32
    batch: int = 16
    iterations: int = 100_000
    learning_rate: float = 5e-4
    levels: int = 10
    finest: float = 0.01
    steps_per_level: int = field(default=100, metadata=TEST_ONLY)
    delta: float = field(default=3e-5, metadata=TEST_ONLY)
    pull: float = field(default=1.0, metadata=TEST_ONLY)
    restarts: int = field(default=4, metadata=TEST_ONLY)
    denoise: bool = field(default=True, metadata=TEST_ONLY)
    exact: bool = field(default=True, metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "widths", "patch", "batch", "steps_per_level", "restarts")
        require_at_least(2, self, "levels")
        _ = self.schedule
        if not 0 < self.finest < 1:
            raise ValueError(f"finest must be in (0, 1), got {self.finest}")

    @property
    def schedule(self) -> Schedule:
        """How long and how fast to train."""
        return Schedule(iterations=self.iterations, learning_rate=self.learning_rate)

    def learn(self, own: Cohort, trainer: Trainer) -> LangevinSeparator:
        """The score network."""
        sigmas = geometric_sigmas(lowest=self.finest, levels=self.levels)
        score = fit_ncsn(
            own,
            trainer,
            widths=self.widths,
            patch=self.patch,
            batch=self.batch,
            schedule=self.schedule,
            sigmas=sigmas,
            seed=int(trainer.axes[0]),
        )
        sampler = AnnealedLangevin(
            sigmas=sigmas, steps_per_level=self.steps_per_level, delta=self.delta, pull=self.pull
        )
        return LangevinSeparator(
            score=score, sampler=sampler, restarts=self.restarts, denoise=self.denoise, exact=self.exact
        )


@final
@dataclass(frozen=True, kw_only=True)
class BssDgpKnown(ToldAlpha, BssDgp):
    """Alpha known."""

    name: ClassVar[str] = "bss-dgp-known-alpha"
    summary: ClassVar[str] = "bss-dgp with the true alpha (not ranked)"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWN_PLAINTEXTS,
        observes=frozenset({Observes.RELEASE}),
        knows=frozenset({Knows.KEYS}),
        owns=frozenset({Owns.AUXILIARY}),
        queries=1,
    )
