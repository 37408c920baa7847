"""The published attack: where it reaches a known posterior, where it does not, and when its steps are stable."""

import pytest
import torch
from torch import Tensor

from bench.attacks.separation.langevin import AnnealedLangevin, MixtureNoise, Start, denoise_once
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import sample
from bench.attacks.separation.schedules import geometric_sigmas, shell_overlap
from tests.unit.attacks.separation.agreement import check_gaussian, check_plane, errors, whiten
from tests.unit.attacks.separation.toys import PlaneMixture, RandomField, generator, mixtures

PLANE, FIELD = PlaneMixture(), RandomField()


def plane_chains(
    sampler: AnnealedLangevin, alpha: float, count: int, chains: int = 400
) -> tuple[Tensor, Tensor, Tensor]:
    observed = mixtures(PLANE.draw(count + 1, seed=0)[None], alpha)
    many = observed.expand(chains, count, 2)
    state = sample(sampler, sampler.start(many, alpha, generator(1)), many, Prior(PLANE.score))
    return state.target, *PLANE.posterior(observed[0], alpha)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("noise", list(MixtureNoise))
def test_published_schedule_reaches_a_gaussian_mixture_in_the_plane(alpha: float, noise: MixtureNoise) -> None:
    check_plane(*plane_chains(AnnealedLangevin(mixture_noise=noise), alpha, 1), off=0.1)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
def test_published_schedule_reaches_a_field_of_sixteen_voxels(alpha: float) -> None:
    sampler = AnnealedLangevin(initial=Start.NORMAL)
    observed = mixtures(FIELD.draw((1, 2), seed=3), alpha).expand(400, 1, *FIELD.shape)
    state = sample(sampler, sampler.start(observed, alpha, generator(1)), observed, Prior(FIELD.score))
    check_gaussian(FIELD.coordinates(state.target), *FIELD.posterior(observed[0], alpha), off=0.1)


def test_published_schedule_misses_the_posterior_of_ten_mixtures() -> None:
    ten = plane_chains(AnnealedLangevin(delta=2e-5), 0.8, 10)
    worst_mean, _ = errors(whiten(*ten), torch.zeros(2).double(), torch.ones(2).double())
    assert worst_mean > 0.5


def test_one_step_is_the_equation() -> None:
    sampler = AnnealedLangevin(sigmas=(1.0, 0.1), steps_per_level=1, delta=1e-3, pull=2.0)
    observed = torch.tensor([[[0.4], [0.9]]], dtype=torch.float64)
    state = sampler.start(observed, 0.3, generator(0))
    after = sampler.step(state, observed, Prior(lambda x, sigma: -x / (1 + sigma**2)))
    x, r1, r2 = state.sources[0, :, 0].tolist()
    z = torch.randn(1, 3, 1, generator=state.generator(), dtype=torch.float64)[0, :, 0].tolist()
    eta, gamma2 = 1e-3 * 100, 1.0 / 2
    e1, e2 = 0.4 - 0.3 * x - 0.7 * r1, 0.9 - 0.3 * x - 0.7 * r2
    expected = [
        x + eta * (-x / 2 + 0.3 * (e1 + e2) / gamma2) + (2 * eta) ** 0.5 * z[0],
        r1 + eta * (-r1 / 2 + 0.7 * e1 / gamma2) + (2 * eta) ** 0.5 * z[1],
        r2 + eta * (-r2 / 2 + 0.7 * e2 / gamma2) + (2 * eta) ** 0.5 * z[2],
    ]
    assert after.sources[0, :, 0].tolist() == pytest.approx(expected, abs=1e-12)


def test_steps_too_large_for_many_mixtures_are_refused_with_the_largest_allowed() -> None:
    observed = torch.zeros(1, 10, 3)
    with pytest.raises(ValueError, match=r"allowed is delta < 2\.68817e-05"):
        AnnealedLangevin().start(observed, 0.8, generator(0))  # 2 * .01^2 / (1 + 10 * .8^2 + .2^2)


@pytest.mark.parametrize(("share", "stable"), [(0.98, True), (1.02, False)])
def test_the_bound_on_steps_is_sharp(share: float, stable: bool) -> None:
    """With a prior that knows every voxel exactly, errors shrink below the bound and grow above it."""
    alpha = torch.tensor([[0.8, 0.8]], dtype=torch.float64)
    largest = AnnealedLangevin().largest_stable_delta(alpha)
    sampler = AnnealedLangevin(sigmas=(0.01,), steps_per_level=2000, delta=share * largest)
    observed = torch.zeros(1, 2, 1, dtype=torch.float64)
    start = AnnealedLangevin(sigmas=(0.01,), steps_per_level=1, delta=1e-9).start(observed, 0.8, generator(0))
    end = sample(sampler, start, observed, Prior(lambda x, sigma: -x / sigma**2))
    assert bool(end.sources.abs().max() < 1) == stable


def test_denoising_once_is_tweedies_formula() -> None:
    sources = torch.full((1, 2, 1), 3.0)
    assert denoise_once(sources, Prior(lambda x, sigma: -x / (1 + sigma**2)), 0.5).tolist() == [
        [[pytest.approx(3 / 1.25)], [pytest.approx(3 / 1.25)]]
    ]


@pytest.mark.parametrize("settings", [{"delta": 0.0}, {"pull": -1.0}, {"sigmas": (0.1, 1.0)}, {"sigmas": ()}])
def test_settings_without_meaning_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError, match="must be"):
        AnnealedLangevin(**settings)


@pytest.mark.slow
def test_levels_without_overlap_do_no_harm_to_a_gaussian_field() -> None:
    """Every coordinate goes its own way: dimension alone means nothing. The next test has a prior where it does."""
    field = RandomField((16, 16))
    sampler = AnnealedLangevin(initial=Start.NORMAL)
    assert shell_overlap(256, sampler.sigmas[0] / sampler.sigmas[1]) < 1e-12
    observed = mixtures(field.draw((1, 2), seed=3), 0.5).expand(200, 1, 16, 16)
    state = sample(sampler, sampler.start(observed, 0.5, generator(1)), observed, Prior(field.score))
    mean, variance = field.posterior(observed[0], 0.5)
    share = (field.coordinates(state.target) - mean).square() / variance
    assert float(share.mean()) == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_levels_without_overlap_double_the_error_where_the_norm_decides() -> None:
    """Sources of N(0, .1^2 I) or N(0, 1.5^2 I): noise left from the level before is taken for signal."""
    scales = torch.tensor([0.1, 1.5], dtype=torch.float64)

    def score(x: Tensor, sigma: float) -> Tensor:
        variance = scales**2 + sigma**2
        logits = -0.5 * (x.shape[1] * variance.log() + x.square().sum(1, keepdim=True) / variance)
        return -x * (logits.softmax(1) / variance).sum(1, keepdim=True)

    def error(levels: int) -> float:
        random = generator(0)
        which = torch.randint(0, 2, (64, 2), generator=random)
        sources = scales[which][..., None] * torch.randn(64, 2, 1024, generator=random, dtype=torch.float64)
        observed = mixtures(sources, 0.7)
        sampler = AnnealedLangevin(
            sigmas=geometric_sigmas(levels=levels), steps_per_level=1000 // levels, initial=Start.NORMAL
        )
        state = sample(sampler, sampler.start(observed, 0.7, random), observed, Prior(score))
        return float((state.target - sources[:, 0]).square().mean())

    assert error(10) > 1.5 * error(100)
