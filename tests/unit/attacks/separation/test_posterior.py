"""The strong samplers reach posteriors that are known: the check of every sign and factor."""

import math

import pytest
import torch
from torch import Tensor

from bench.attacks.separation.alternation import Alternation
from bench.attacks.separation.covariance import Separable
from bench.attacks.separation.karras import Karras, Solver
from bench.attacks.separation.prior import Prior, of_means
from bench.attacks.separation.sampling import Sampler, sample
from bench.attacks.separation.schedules import geometric_sigmas, karras_sigmas
from tests.unit.attacks.separation.agreement import check_gaussian, check_plane, errors, whiten
from tests.unit.attacks.separation.toys import PlaneMixture, RandomField, generator, mixtures

ALPHAS, COUNTS = (0.2, 0.5, 0.8), (1, 3, 10)
FIELD, PLANE = RandomField(), PlaneMixture()


def field_chains(
    sampler: Sampler, alpha: float, count: int, chains: int, field: RandomField = FIELD
) -> tuple[Tensor, Tensor, Tensor]:
    """Coordinates of the target in every chain, and their posterior mean and variance."""
    observed = mixtures(field.draw((1, count + 1), seed=3), alpha)
    many = observed.expand(chains, *observed.shape[1:])
    state = sample(sampler, sampler.start(many, alpha, generator(1)), many, Prior(field.denoiser))
    return field.coordinates(state.target), *field.posterior(observed[0], alpha)


def plane_chains(sampler: Sampler, alpha: float, count: int, chains: int) -> tuple[Tensor, Tensor, Tensor]:
    observed = mixtures(PLANE.draw(count + 1, seed=0)[None], alpha)
    many = observed.expand(chains, count, 2)
    state = sample(sampler, sampler.start(many, alpha, generator(1)), many, Prior(PLANE.denoiser))
    return state.target, *PLANE.posterior(observed[0], alpha)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_alternation_knowing_the_covariance_reaches_the_field_in_ten_rounds(alpha: float, count: int) -> None:
    covariance = Separable(FIELD.bases, FIELD.power.reshape(FIELD.shape))
    sampler = Alternation(sigmas=karras_sigmas(80.0, 0.003, 10), covariance=covariance)
    check_gaussian(*field_chains(sampler, alpha, count, 2000), off=0.01)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_deterministic_edm_reaches_the_field_whatever_the_covariance(alpha: float, count: int) -> None:
    # Off: the trapezoid rule over 40 levels (2 to 3 % of the variance), and a start that knows nothing of the mean.
    sampler = Karras(sigmas=karras_sigmas(80.0, 0.003, 40))
    check_gaussian(*field_chains(sampler, alpha, count, 1000), off=0.06)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_without_noise_at_the_start_one_chain_finds_the_posterior_mean(alpha: float, count: int) -> None:
    centred = FIELD
    observed = mixtures(centred.draw((1, count + 1), seed=3) - centred.mean, alpha)
    prior = Prior(lambda x, sigma: centred.denoiser(x + centred.mean, sigma) - centred.mean)
    sampler = Karras(sigmas=karras_sigmas(80.0, 0.003, 40), start_noise=0.0)
    state = sample(sampler, sampler.start(observed, alpha, generator(1)), observed, prior)
    mean, variance = centred.posterior(observed[0] + centred.mean, alpha)
    bias = (centred.coordinates(state.target[0] + centred.mean) - mean) / variance.sqrt()
    assert float(bias.abs().max()) < 0.06


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_mean_of_the_mixtures_says_as_much_as_all_of_them(alpha: float) -> None:
    count, chains = 10, 2000
    sources = FIELD.draw((1, count + 1), seed=3) - FIELD.mean
    observed = mixtures(sources, alpha)
    joined = observed.mean(dim=1, keepdim=True).expand(chains, 1, *FIELD.shape)

    def ask(x: Tensor, sigma: float) -> Tensor:
        return FIELD.denoiser(x + FIELD.mean, sigma) - FIELD.mean

    covariance = Separable(FIELD.bases, FIELD.power.reshape(FIELD.shape))
    sampler = Alternation(sigmas=karras_sigmas(80.0, 0.003, 10), covariance=covariance, averaged=count)
    prior = Prior(ask, of_means(ask, count))
    state = sample(sampler, sampler.start(joined, alpha, generator(1)), joined, prior)
    check_gaussian(
        FIELD.coordinates(state.target + FIELD.mean), *FIELD.posterior(observed[0] + FIELD.mean, alpha), off=0.01
    )


def test_three_axes_of_unequal_length() -> None:
    field = RandomField((2, 3, 4))
    covariance = Separable(field.bases, field.power.reshape(field.shape))
    sampler = Alternation(sigmas=karras_sigmas(80.0, 0.003, 10), covariance=covariance)
    check_gaussian(*field_chains(sampler, 0.5, 3, 2000, field), off=0.01)


def test_alternation_not_knowing_the_covariance_is_off_by_one_over_the_number_of_rounds() -> None:
    field = RandomField((16,), exponent=3)
    off = []
    for levels in (30, 120, 480):
        chains, _, variance = field_chains(
            Alternation(sigmas=geometric_sigmas(20.0, 0.003, levels)), 0.5, 1, 1000, field
        )
        off.append(float((chains.var(0) / variance - 1).min()))
    # Four times the rounds, a quarter of the error: with noise of sqrt(2 / 1000) = .045 a coordinate, half is sure.
    assert off[0] < -0.25
    assert off[1] > 0.5 * off[0]
    assert off[2] > -4 * (2 / 1000) ** 0.5 - 0.03


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("alpha", ALPHAS)
def test_alternation_reaches_the_gaussian_mixture(alpha: float, count: int) -> None:
    sampler = Alternation(sigmas=geometric_sigmas(3.0, 0.02, 500))
    check_plane(*plane_chains(sampler, alpha, count, 300), off=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("alpha", ALPHAS)
def test_alternation_reaches_the_gaussian_mixture_closely(alpha: float) -> None:
    sampler = Alternation(sigmas=geometric_sigmas(3.0, 0.02, 1600))
    check_plane(*plane_chains(sampler, alpha, 10, 1500), off=0.05)


def test_stochastic_edm_reaches_the_gaussian_mixture() -> None:
    sampler = Karras(sigmas=geometric_sigmas(3.0, 0.02, 400), solver=Solver.HEUN, churn=math.inf)
    check_plane(*plane_chains(sampler, 0.5, 3, 300), off=0.15)


def test_deterministic_edm_misses_the_gaussian_mixture_however_many_steps() -> None:
    for levels in (25, 100):
        chains, mean, covariance = plane_chains(Karras(sigmas=geometric_sigmas(20.0, 0.02, levels)), 0.5, 10, 300)
        worst_mean, _ = errors(whiten(chains, mean, covariance), torch.zeros(2).double(), torch.ones(2).double())
        assert worst_mean > 0.7


@pytest.mark.parametrize("levels", [1, 3, 18])
@pytest.mark.parametrize("averaged", [1, 10])
def test_strong_structure_that_the_first_level_does_not_drown_keeps_its_posterior_mean(
    averaged: int, levels: int
) -> None:
    power = torch.tensor([0.01, 1.0, 100.0, 1e4, 1e5], dtype=torch.float64)
    covariance = Separable((torch.eye(len(power), dtype=torch.float64),), power)

    def ask(x: Tensor, sigma: float) -> Tensor:
        return x * power / (power + sigma**2)

    sigmas = karras_sigmas(20.0, 0.02, levels) if levels > 1 else (20.0,)
    sampler = Karras(sigmas=sigmas, covariance=covariance, averaged=averaged, start_noise=0.0)
    observed, alpha = torch.ones(1, 1, len(power), dtype=torch.float64), 0.5
    prior = Prior(ask, None if averaged == 1 else of_means(ask, averaged))
    found = sample(sampler, sampler.start(observed, alpha, generator(1)), observed, prior).target[0]
    mean = alpha / (alpha**2 + (1 - alpha) ** 2 / averaged)  # of a Gaussian target with K references of its variance
    torch.testing.assert_close(found, torch.full_like(found, mean), rtol=0.02, atol=0)


def test_an_error_of_the_prior_at_a_low_level_is_not_multiplied() -> None:
    """The slope at the lower level is that error divided by its noise, which grows with every level left out."""
    sampler = Karras(sigmas=(20.0, 0.02), start_noise=0.0)
    observed = torch.zeros(1, 1, 4, dtype=torch.float64)

    def wrong(x: Tensor, sigma: float) -> Tensor:
        error = torch.full_like(x, 0.1 if sigma < 1 else 0.0) * torch.tensor([1.0, -1.0]).reshape(1, -1, 1)
        return x / (1 + sigma**2) + error

    found = sample(sampler, sampler.start(observed, 0.5, generator(1)), observed, Prior(wrong)).target
    assert float(found.abs().max()) <= 0.2
