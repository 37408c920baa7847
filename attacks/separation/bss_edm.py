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
from bench.attacks.mixtures.people import People
from bench.attacks.separation.alternation import Alternation
from bench.attacks.separation.before import alpha_of_reply, grouped
from bench.attacks.separation.covariance import cosine_basis, fit_covariance
from bench.attacks.separation.karras import Karras, Solver
from bench.attacks.separation.prior import Denoiser, Prior, of_means
from bench.attacks.separation.priors import fit_edm
from bench.attacks.separation.sampling import Sampler, sample
from bench.attacks.separation.schedules import karras_sigmas
from bench.attacks.separation.separation import Separation, Separator, ToldAlpha, Volume
from bench.models.inference import predict
from bench.models.score.atlas import AtlasDenoiser
from bench.types.scan import Cohort
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
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
        restarts: chains per scan, whose mean is the reconstruction; `centre` has one.
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
            "levels": 6,
        },
        "quick": {
            "widths": (16, 32),
            "patch": 16,
            "batch": 6,
            "iterations": 2000,
            "learning_rate": 4e-3,
            "ema_decay": 0.995,
            "levels": 8,
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

    def __post_init__(self) -> None:
        if min(self.levels, self.mixtures, self.restarts) < 1:
            raise ValueError(
                f"levels, mixtures and restarts must be >= 1, got {self.levels}, {self.mixtures}, {self.restarts}"
            )
        if self.sampler == "centre" and self.restarts > 1:
            raise ValueError(
                f"the sampler `centre` has no randomness, so restarts must be 1, got {self.restarts}; "
                "choose sampler=alternation or flow"
            )
        if not 0 < self.finest < self.noisiest:
            raise ValueError(f"noise levels must fall from noisiest to finest > 0, got {self.noisiest}, {self.finest}")

    def learn(self, own: Cohort, trainer: Trainer) -> Separator:
        """The denoiser, and the spectrum of what distinguishes scans."""
        denoiser = fit_edm(
            own,
            trainer,
            widths=self.widths,
            patch=self.patch,
            batch=self.batch,
            iterations=self.iterations,
            learning_rate=self.learning_rate,
            ema_decay=self.ema_decay,
            seed=int(trainer.axes[0]),
        )
        residuals = torch.stack([denoiser.anatomy.residual(scan.image[None].to(trainer.device))[0] for scan in own])
        bases = [cosine_basis(side, device=trainer.device) for side in own.shape]
        covariance = fit_covariance(residuals, bases)

        def separate(queries: Tensor, alpha: float, generator: torch.Generator) -> tuple[Volume, dict[str, Tensor]]:
            mixtures, averaged = grouped(queries, self.mixtures)
            observed = denoiser.anatomy.residual(mixtures).expand(self.restarts, *mixtures.shape)
            sampler = self._sampler(covariance, averaged)
            prior = _prior(denoiser, averaged)
            state = sample(sampler, sampler.start(observed, alpha, generator), observed, prior)
            targets = denoiser.anatomy.image(state.target)
            references = denoiser.anatomy.image(state.references[:, 0])
            shown = {}
            for chain in range(min(self.restarts, 5)):
                shown[f"restart {chain + 1}: target, alpha {alpha:.2f}"] = targets[chain, 0]
                what = "reference" if averaged == 1 else f"mean of {averaged} references"
                shown[f"restart {chain + 1}: {what}"] = references[chain, 0]
            return targets.mean(dim=0), shown

        return separate

    def _sampler(self, covariance: Any, averaged: int) -> Sampler:
        sigmas = karras_sigmas(self.noisiest, self.finest, self.levels)
        if self.sampler == "alternation":
            return Alternation(sigmas=sigmas, covariance=covariance, averaged=averaged)
        noise = 0.0 if self.sampler == "centre" else 1.0
        return Karras(sigmas=sigmas, solver=Solver.HEUN, covariance=covariance, averaged=averaged, start_noise=noise)


def _prior(denoiser: AtlasDenoiser, averaged: int) -> Prior:
    def ask(x: Tensor, sigma: float) -> Tensor:
        return predict(lambda volumes: denoiser(volumes, sigma), x)

    references: Denoiser | None = None if averaged == 1 else of_means(ask, averaged)
    return Prior(ask, references)


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
        """What the reply's levels say."""
        return alpha_of_reply(view.replies[index].maps)


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
