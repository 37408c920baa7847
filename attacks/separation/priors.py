"""The attacker's models of anatomy, trained on scans of its own."""

from collections.abc import Sequence

from bench.attacks.separation.training import Denoising, ScoreMatching
from bench.data.patches import PatchSampler
from bench.data.volumes import VolumeSampler
from bench.models.score.anatomy import Anatomy
from bench.models.score.atlas import AtlasDenoiser
from bench.models.score.ncsn import NCSN
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Cohort
from bench.types.training import Phase, Sampler, Schedule, Trainer


def fit_ncsn(
    auxiliary: Cohort,
    trainer: Trainer,
    *,
    widths: Sequence[int],
    patch: int | None,
    batch: int,
    schedule: Schedule,
    sigmas: Sequence[float],
    seed: int = 0,
) -> NCSN:
    """A score network for intensities in [0, 1], by denoising score matching.

    Args:
        widths: channels per level of the U-Net++, finest first.
        patch: edge of the training cubes in voxels; None for whole volumes.
        batch: cubes (or volumes) in a step (paper: 16).
        schedule: of Adam (paper: 100,000 steps at 5e-4, no moving average).
        sigmas: noise levels, in intensities (BASIS: 10 from 1 to .01).
        seed: of the initial weights, with nothing drawn before counted.

    Raises:
        BenchError: there is no scan, or the patch is larger than the scans.
    """
    with seeded_torch(seed, "ncsn", "initial weights"):
        network = NCSN(widths)
    objective = ScoreMatching(network, sigmas)
    trainer.fit("ncsn", [Phase("ncsn", objective, objective)], _sampler(auxiliary, trainer, patch, batch), schedule)
    return network


def fit_edm(
    auxiliary: Cohort,
    trainer: Trainer,
    *,
    widths: Sequence[int],
    patch: int | None,
    batch: int,
    schedule: Schedule,
    log_sigma_mean: float = 0.5,
    log_sigma_sd: float = 1.5,
    seed: int = 0,
) -> AtlasDenoiser:
    """A location-conditioned denoiser of residuals from the atlas of these scans.

    Args:
        widths: channels per level of the denoising U-Net, finest first.
        patch: edge of the training cubes in voxels; None for whole volumes.
        batch: cubes (or volumes) in a step.
        schedule: of Adam; the moving average of the weights needs some 5 / (1 - decay) steps to forget its start.
        log_sigma_mean, log_sigma_sd: ln sigma ~ N(mean, sd^2), in residual units (EDM's images: -1.2 and 1.2;
            neighbouring voxels of a residual agree, so that anatomy drowns only in more noise than that).
        seed: of the initial weights, with nothing drawn before counted.

    Raises:
        BenchError: there is no scan, or the patch is larger than the scans.
    """
    with seeded_torch(seed, "edm", "initial weights"):
        prior = AtlasDenoiser(Anatomy.of(auxiliary.scans), widths)
    objective = Denoising(prior, log_sigma_mean=log_sigma_mean, log_sigma_sd=log_sigma_sd)
    trainer.fit("edm", [Phase("edm", objective, objective)], _sampler(auxiliary, trainer, patch, batch), schedule)
    return prior


def _sampler(cohort: Cohort, trainer: Trainer, patch: int | None, batch: int) -> Sampler:
    if patch is None:
        return VolumeSampler.of(cohort, batch=batch, device=trainer.device)
    return PatchSampler.of(cohort, patch=patch, batch=batch, device=trainer.device)
