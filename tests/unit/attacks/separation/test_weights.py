"""Alpha from what the adversary sees."""

import pytest
import torch
from torch import Tensor

from bench.attacks.separation.alternation import Alternation
from bench.attacks.separation.choice import log_volume, lowest, prior_energy
from bench.attacks.separation.covariance import Separable, cosine_basis, fit_covariance
from bench.attacks.separation.levels import alpha_from_levels
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import sample
from bench.attacks.separation.schedules import geometric_sigmas, karras_sigmas
from bench.attacks.separation.weights import AlphaUpdate, alpha_from_spread, alpha_from_variance
from tests.unit.attacks.separation.toys import RandomField, generator, mixtures

FIELD = RandomField((8, 8), exponent=1.0)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
def test_spread_over_mixtures_tells_one_minus_alpha(alpha: float) -> None:
    observed = mixtures(FIELD.draw((200, 11), seed=0), alpha)
    estimates = alpha_from_spread(observed, float(FIELD.power.sum()))
    # 64 voxels, 10 mixtures: the spread has relative error sqrt(2 sum p^2 / (sum p)^2 / 9), (1 - alpha) half of that.
    share = (FIELD.power.square().sum() / FIELD.power.sum() ** 2) ** 0.5
    expected_error = float((1 - alpha) * (2 / 9) ** 0.5 * share / 2)
    assert float(estimates.mean()) == pytest.approx(alpha, abs=4 * expected_error / 200**0.5 + expected_error**2)
    assert float(estimates.std()) == pytest.approx(expected_error, rel=0.25)


def test_spread_by_hand() -> None:
    observed = torch.tensor([[[1.0, 0.0], [3.0, 0.0]]])  # variances 2 and 0 over the mixtures
    assert alpha_from_spread(observed, 8.0).tolist() == [0.5]
    with pytest.raises(ValueError, match="at least two"):
        alpha_from_spread(observed[:, :1], 8.0)
    with pytest.raises(ValueError, match="must be > 0"):
        alpha_from_spread(observed, 0.0)


def test_variance_gives_alpha_and_its_mirror_image() -> None:
    centred = torch.tensor([[[3.0, 1.0]], [[1.0, 1.0]]])  # ||.||^2 = 10 and 2
    # 10 / 12.5 = .8 = .64 + .16 has roots (1 +- sqrt(.6)) / 2; 2 / 12.5 is less than 1/2 allows.
    expected = [[0.5 + 0.6**0.5 / 2, 0.5 - 0.6**0.5 / 2], [0.5, 0.5]]
    torch.testing.assert_close(alpha_from_variance(centred, 12.5), torch.tensor(expected))


def label_maps(count: int, seed: int) -> Tensor:
    """One-hot `image class 6 6 6` of blocky labels."""
    coarse = torch.randint(0, 4, (count, 3, 3, 3), generator=generator(seed))
    fine = coarse.repeat_interleave(2, 1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    return torch.nn.functional.one_hot(fine, 4).movedim(-1, 1).float()


@pytest.mark.parametrize("alpha", [0.1, 0.35, 0.5, 0.62, 0.9])
def test_levels_of_exact_replies_give_alpha_exactly(alpha: float) -> None:
    y = label_maps(6, seed=0)
    best, mirrored = alpha_from_levels(alpha * y[:1] + (1 - alpha) * y[1:]).tolist()
    assert best == pytest.approx(alpha, abs=1e-5)
    assert mirrored == pytest.approx(1 - alpha, abs=1e-5)


@pytest.mark.parametrize("alpha", [0.3, 0.7])
def test_levels_of_soft_replies_give_alpha(alpha: float) -> None:
    y = label_maps(6, seed=0)
    exact = alpha * y[:1] + (1 - alpha) * y[1:]
    logits = (exact + 0.03).log() + 0.3 * torch.randn(exact.shape, generator=generator(1))
    assert alpha_from_levels(logits.softmax(1))[0].item() == pytest.approx(alpha, abs=0.06)


def test_levels_of_one_mixture_leave_the_mirror_image_open() -> None:
    y = label_maps(2, seed=0)
    low, high = (alpha_from_levels(alpha * y[:1] + (1 - alpha) * y[1:]) for alpha in (0.3, 0.7))
    torch.testing.assert_close(low, torch.tensor([0.7, 0.3]))
    torch.testing.assert_close(high, low)


def test_hard_replies_show_no_alpha() -> None:
    with pytest.raises(ValueError, match="shows no mixing weight"):
        alpha_from_levels(label_maps(3, seed=0))


def test_update_by_hand() -> None:
    denoised = torch.tensor([[[2.0], [0.0], [1.0]]])  # x, r_1, r_2
    observed = torch.tensor([[[0.5], [1.5]]])  # gaps 2 and 1, above r by .5 and .5: (1 + .5) / (4 + 1) = .3
    alpha = torch.tensor([[0.8, 0.8]])
    update = AlphaUpdate(below=1.0, damping=0.2)
    torch.testing.assert_close(update(denoised, observed, alpha, 0.9), torch.tensor([[0.7, 0.7]]))
    assert update(denoised, observed, alpha, 1.0) is alpha


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
def test_update_stays_at_the_truth_and_moves_towards_it(alpha: float) -> None:
    observed = mixtures(FIELD.draw((40, 11), seed=0), alpha)
    sampler = Alternation(sigmas=karras_sigmas(20.0, 0.02, 100), update=AlphaUpdate(damping=1.0))
    ends = [
        sample(sampler, sampler.start(observed, first, generator(0)), observed, Prior(FIELD.denoiser)).alpha.mean()
        for first in (alpha, 0.35, 0.65)
    ]
    assert float(ends[0]) == pytest.approx(alpha, abs=0.03)
    assert abs(float(ends[1]) - alpha) < abs(0.35 - alpha)
    assert abs(float(ends[2]) - alpha) < abs(0.65 - alpha)


def test_energy_differences_are_those_of_the_log_density() -> None:
    sources = FIELD.draw((6, 3), seed=5)
    energy = prior_energy(sources, Prior(FIELD.denoiser), geometric_sigmas(100.0, 0.003, 80), generator(0))
    exact = 0.5 * (FIELD.coordinates(sources).square() / FIELD.power).sum((1, 2))
    difference = (energy - energy.mean()) - (exact - exact.mean())
    assert float(difference.abs().max()) < 0.01 * float(exact.std())


@pytest.mark.parametrize("alpha", [0.3, 0.7])
def test_evidence_finds_alpha_on_a_grid(alpha: float) -> None:
    grid = (0.1, 0.3, 0.5, 0.7, 0.9)
    observed = mixtures(FIELD.draw((40, 4), seed=0), alpha)
    covariance = Separable(FIELD.bases, FIELD.power.reshape(FIELD.shape))
    sampler = Alternation(sigmas=karras_sigmas(40.0, 0.02, 10), covariance=covariance)
    rows = []
    for candidate in grid:
        end = sample(sampler, sampler.start(observed, candidate, generator(0)), observed, Prior(FIELD.denoiser))
        energy = prior_energy(end.sources, Prior(FIELD.denoiser), geometric_sigmas(40.0, 0.01, 20), generator(1))
        rows.append(energy + log_volume(end.alpha, 64))
    chosen = torch.tensor(grid)[lowest(torch.stack(rows))]
    assert float((chosen == alpha).float().mean()) > 0.6


def test_volume_by_hand() -> None:
    # A A^T for weights .5, .5: [[.5, .25], [.25, .5]], determinant .1875
    assert log_volume(torch.tensor([[0.5, 0.5]]), 4).item() == pytest.approx(2 * torch.tensor(0.1875).log().item())


def test_candidates_that_failed_are_refused() -> None:
    assert lowest(torch.tensor([[1.0, 5.0], [2.0, 3.0]])).tolist() == [0, 1]
    with pytest.raises(ValueError, match="finite"):
        lowest(torch.tensor([[1.0], [float("nan")]]))


def test_fitted_covariance_is_the_fields() -> None:
    samples = FIELD.draw((4000,), seed=0) - FIELD.mean
    fitted = fit_covariance(samples, FIELD.bases)
    torch.testing.assert_close(fitted.power.flatten(), FIELD.power, rtol=5 * (2 / 4000) ** 0.5, atol=0)


def test_cosine_basis_is_orthonormal_and_transforms_go_back() -> None:
    bases = tuple(cosine_basis(size, dtype=torch.float64) for size in (3, 4, 5))
    for basis in bases:
        torch.testing.assert_close(basis @ basis.T, torch.eye(len(basis), dtype=torch.float64))
    covariance = Separable(bases, torch.ones(3, 4, 5, dtype=torch.float64))
    x = torch.randn(2, 3, 1, 3, 4, 5, generator=generator(0), dtype=torch.float64)
    torch.testing.assert_close(covariance.from_basis(covariance.to_basis(x)), x)
    by_hand = torch.einsum("xi,yj,zk,...ijk->...xyz", *bases, x)
    torch.testing.assert_close(covariance.to_basis(x), by_hand)
