"""Training the priors: they learn what the Gaussian says, whatever was drawn before, and resume."""

import dataclasses
import os
import signal
from pathlib import Path

import pytest
import torch

from bench.attacks.separation import priors
from bench.attacks.separation.priors import fit_edm, fit_ncsn
from bench.data.patches import Patches, PatchSampler
from bench.errors import BenchError, InterruptedTraining
from bench.models.score.anatomy import Anatomy
from bench.types.scan import Cohort
from bench.types.training import Schedule
from tests.conftest import toy_cohort
from tests.trainers import trainer_in


def brightness(people: int, sd: float = 0.1, edge: int = 8) -> Cohort:
    """Scans of one value each, from N(.5, sd^2): a Gaussian whose covariance has rank one."""
    scan = toy_cohort(range(1), 1).scans[0]
    values = 0.5 + sd * torch.randn(people, generator=torch.Generator().manual_seed(1))
    label = torch.ones(edge, edge, edge, dtype=torch.uint8)
    scans = [
        dataclasses.replace(scan, image=value.expand(1, edge, edge, edge), labels=label, subject=f"person{number}")
        for number, value in enumerate(values)
    ]
    return toy_cohort(range(1)).only(tuple(scans))


def test_the_denoiser_learns_that_people_differ_in_brightness_alone(tmp_path: Path) -> None:
    prior = fit_edm(
        brightness(200),
        trainer_in(tmp_path),
        widths=(8, 8),
        patch=None,
        batch=8,
        schedule=Schedule(iterations=200, learning_rate=1e-2, ema_decay=0.9),
        log_sigma_mean=0.0,
    )
    y = torch.randn(64, 1, 1, 1, 1, generator=torch.Generator().manual_seed(2)).expand(-1, 1, 8, 8, 8)
    x = y + torch.randn(y.shape, generator=torch.Generator().manual_seed(3))  # sigma 1
    analytic = x.mean(dim=(2, 3, 4), keepdim=True) / (1 + 1 / 512)
    learnt, linear = prior(x, 1.0), x / 2
    assert (learnt - y).square().mean() < 0.2 * (linear - y).square().mean()  # voxel by voxel: .5
    assert (learnt - analytic).square().mean() < 0.1


def test_the_score_network_comes_near_the_gaussians_score(tmp_path: Path) -> None:
    score = fit_ncsn(
        brightness(200),
        trainer_in(tmp_path),
        widths=(4, 8),
        patch=None,
        batch=8,
        schedule=Schedule(iterations=120, learning_rate=5e-3),
        sigmas=(0.3, 0.1),
    )
    for sigma in (0.3, 0.1):
        y = 0.5 + 0.1 * torch.randn(64, 1, 1, 1, 1, generator=torch.Generator().manual_seed(2)).expand(-1, 1, 8, 8, 8)
        x = y + sigma * torch.randn(y.shape, generator=torch.Generator().manual_seed(3))
        mean = x.mean(dim=(2, 3, 4), keepdim=True)
        shrunk = 0.5 + (mean - 0.5) * 0.1**2 / (0.1**2 + sigma**2 / 512)
        analytic = -(x - shrunk) / sigma**2  # Tweedie
        error = (score(x, sigma) - analytic).square().mean() / analytic.square().mean()
        assert error < 0.1


@pytest.fixture
def toys() -> Cohort:
    return toy_cohort(range(4))


def test_result_does_not_depend_on_what_was_drawn_before(tmp_path: Path, toys: Cohort) -> None:
    results = []
    for number, seed in enumerate((0, 0, 1)):
        torch.manual_seed(number)
        prior = fit_edm(
            toys,
            trainer_in(tmp_path / str(number)),
            widths=(2, 2),
            patch=8,
            batch=2,
            schedule=Schedule(iterations=3, learning_rate=1e-3, ema_decay=0.999),
            seed=seed,
        )
        results.append(prior.denoiser.network.head.weight)
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_interrupted_training_resumes_into_the_same_denoiser(
    tmp_path: Path, toys: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(folder: str) -> torch.nn.Module:
        trainer = trainer_in(tmp_path / folder)
        schedule = Schedule(iterations=6, learning_rate=1e-2, ema_decay=0.9)
        return fit_edm(toys, trainer, widths=(2, 2), patch=8, batch=2, schedule=schedule)

    straight = fit("straight")

    @dataclasses.dataclass
    class _StopsAtThird:
        sampler: PatchSampler
        left: int = 3

        def draw(self, generator: torch.Generator) -> Patches:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGINT)
            return self.sampler.draw(generator)

    whole = priors._sampler
    with monkeypatch.context() as patched:
        patched.setattr(priors, "_sampler", lambda *settings: _StopsAtThird(whole(*settings)))
        with pytest.raises(InterruptedTraining):
            fit("stopped")
    resumed = fit("stopped")
    assert straight.state_dict().keys() == resumed.state_dict().keys()
    assert all(torch.equal(straight.state_dict()[key], resumed.state_dict()[key]) for key in straight.state_dict())


def test_the_priors_atlas_is_the_mean_of_the_attackers_scans(tmp_path: Path, toys: Cohort) -> None:
    prior = fit_edm(
        toys, trainer_in(tmp_path), widths=(2,), patch=8, batch=1, schedule=Schedule(iterations=1, learning_rate=1e-3)
    )
    assert torch.equal(prior.anatomy.atlas, Anatomy.of(toys.scans).atlas)
    assert not any(parameter.requires_grad for parameter in prior.parameters())
    assert prior(torch.zeros(1, 1, 20, 24, 20), 1.0).shape == (1, 1, 20, 24, 20)


def test_no_scans_or_too_large_a_patch_are_refused(tmp_path: Path, toys: Cohort) -> None:
    settings = {"widths": (2, 2), "batch": 1, "schedule": Schedule(iterations=1, learning_rate=1e-3)}
    for empty in (None, 8):
        with pytest.raises(BenchError, match="has no scan"):
            fit_edm(toys.only(()), trainer_in(tmp_path), patch=empty, **settings)
    with pytest.raises(BenchError, match="patch of 21 voxels does not fit"):
        fit_ncsn(toys, trainer_in(tmp_path), patch=21, sigmas=(1.0,), **settings)
    with pytest.raises(BenchError, match="do not differ"):
        fit_edm(toys.only(toys.scans[:1]), trainer_in(tmp_path), patch=8, **settings)
