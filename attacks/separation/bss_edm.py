"""Separation as strong as it can be: a location-conditioned denoiser, every mixture explained exactly.

Source: Jayaram and Thickstun, ICML 2020 (the idea); Karras et al., NeurIPS 2022 (denoiser and sampler); Zhang et al.,
CVPR 2025 (alternation).
Threat model: T1; sees the releases, owns scans of other people, estimates alpha. Variants read alpha off the server's
answers (T1), or are told it (T3, not ranked).
Differs from the attack that Mixup-Privacy was tested with: the prior knows where in the head
it is and starts from the atlas; data consistency is exact at every level; all K queries count; alpha is estimated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, final

import torch
from torch import Tensor

from bench.attack import TEST_ONLY
from bench.attacks.mixtures.decoding import levels
from bench.attacks.mixtures.people import People
from bench.attacks.separation.before import alpha_of_queries
from bench.attacks.separation.covariance import cosine_basis, fit_covariance
from bench.attacks.separation.edm_separator import AlphaBy, EdmSeparator, Path
from bench.attacks.separation.priors import fit_edm
from bench.attacks.separation.separation import Separation, ToldAlpha
from bench.plugin import require_at_least
from bench.types.scan import Cohort
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Schedule, Trainer
from bench.view import AttackerView


@dataclass(frozen=True, kw_only=True)
class BssEdm(Separation):
    """Blind source separation with an EDM prior.

    Attributes:
        widths: channels per level of the denoising U-Net, finest first.
        patch: edge of the training cubes in voxels; None for whole volumes.
        batch: cubes in a training step.
        iterations, learning_rate, ema_decay: training.
        sampler: `centre` follows the deterministic EDM from the prior's mean to about the posterior's, the best single
            guess; `alternation` draws from the posterior, `flow` does so cheaply and roughly.
        levels: noise levels; `alternation` asks the prior once at each, the others twice.
        noisiest, finest: highest and lowest noise level, in standard deviations of a scan's residual.
        mixtures: queries are averaged to so many mixtures before they are separated.
        restarts: chains per scan; `centre` has one.
        choose: the `mean` of the restarts is the reconstruction, or the `likeliest`, by the energy of its sources.
        alpha_by: `given` takes alpha as estimated from the traffic (or known); `em` re-estimates it on the way;
            `energy` tries five values and takes the one whose sources are the likeliest, whatever the traffic says.
    """

    name: ClassVar[str] = "bss-edm"
    summary: ClassVar[str] = "separate the mixture with a denoising prior; alpha estimated from the release"
    source: ClassVar[str] = "Unveil; after Jayaram and Thickstun, ICML 2020, and Karras et al., NeurIPS 2022"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {
            "widths": (16, 32),
            "patch": 16,
            "batch": 4,
            "iterations": 150,
            "learning_rate": 4e-3,
            "ema_decay": 0.95,
            "levels": 4,
            "together": 1,
            "traced": 2,
        },
        "quick": {
            "widths": (16, 32),
            "patch": 16,
            "batch": 6,
            "iterations": 1200,
            "learning_rate": 4e-3,
            "ema_decay": 0.99,
            "levels": 5,
            "together": 1,
            "traced": 2,
        },
        "standard": {
            "widths": (32, 64, 128),
            "batch": 16,
            "iterations": 10_000,
            "learning_rate": 1e-3,
        },
    }

    widths: tuple[int, ...] = (64, 128, 256)
    patch: int | None = 32
    batch: int = 16
    iterations: int = 100_000
    learning_rate: float = 5e-4
    ema_decay: float = 0.999
    sampler: Literal["centre", "flow", "alternation"] = field(default="centre", metadata=TEST_ONLY)
    levels: int = field(default=18, metadata=TEST_ONLY)
    noisiest: float = field(default=20.0, metadata=TEST_ONLY)
    finest: float = field(default=0.02, metadata=TEST_ONLY)
    mixtures: int = field(default=1, metadata=TEST_ONLY)
    restarts: int = field(default=1, metadata=TEST_ONLY)
    choose: Literal["mean", "likeliest"] = field(default="mean", metadata=TEST_ONLY)
    alpha_by: Literal["given", "em", "energy"] = field(default="given", metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "widths", "batch", "levels", "mixtures", "restarts")
        if self.patch is not None:
            require_at_least(1, self, "patch")
        _ = self.schedule
        if self.sampler == "centre" and self.restarts > 1:
            raise ValueError(
                f"the sampler `centre` has no randomness, so restarts must be 1, got {self.restarts}; "
                "choose sampler=alternation or flow"
            )
        if not 0 < self.finest < self.noisiest:
            raise ValueError(f"noise levels must fall from noisiest to finest > 0, got {self.noisiest}, {self.finest}")

    @property
    def schedule(self) -> Schedule:
        """How long and how fast to train."""
        return Schedule(iterations=self.iterations, learning_rate=self.learning_rate, ema_decay=self.ema_decay)

    def learn(self, own: Cohort, trainer: Trainer) -> EdmSeparator:
        """The denoiser, and the spectrum of what distinguishes scans."""
        denoiser = fit_edm(
            own,
            trainer,
            widths=self.widths,
            patch=self.patch,
            batch=self.batch,
            schedule=self.schedule,
            seed=int(trainer.axes[0]),
        )
        residuals = torch.stack([denoiser.anatomy.residual(scan.image[None].to(trainer.device))[0] for scan in own])
        return EdmSeparator(
            denoiser=denoiser,
            covariance=fit_covariance(residuals, [cosine_basis(side, device=trainer.device) for side in own.shape]),
            path=Path(self.sampler),
            levels=self.levels,
            noisiest=self.noisiest,
            finest=self.finest,
            mixtures=self.mixtures,
            restarts=self.restarts,
            alpha_by=AlphaBy(self.alpha_by),
            by_energy=self.choose == "likeliest",
        )


@final
@dataclass(frozen=True, kw_only=True)
class BssEdmReply(BssEdm):
    """Alpha from the levels of the server's answer."""

    name: ClassVar[str] = "bss-edm-reply"
    summary: ClassVar[str] = "bss-edm with alpha read off the server's soft answer"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION,
        observes=frozenset({Observes.RELEASE, Observes.REPLY}),
        owns=frozenset({Owns.AUXILIARY}),
    )

    def alpha(self, view: AttackerView, index: int, queries: Tensor, people: People) -> float:
        """What the reply's levels say; where the server is too unsure to show any, what the queries say."""
        alpha, shown = levels(view.replies[index].maps[: len(queries)])
        return alpha if shown else alpha_of_queries(queries, people)


@final
@dataclass(frozen=True, kw_only=True)
class BssEdmKnown(ToldAlpha, BssEdm):
    """Alpha known."""

    name: ClassVar[str] = "bss-edm-known-alpha"
    summary: ClassVar[str] = "bss-edm with the true alpha (not ranked)"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWN_PLAINTEXTS,
        observes=frozenset({Observes.RELEASE}),
        knows=frozenset({Knows.KEYS}),
        owns=frozenset({Owns.AUXILIARY}),
    )
