"""The two objectives, held against Gaussians whose score is known."""

import math

import pytest
import torch
from torch import Tensor, nn

from bench.attacks.separation.training import Denoising, ScoreMatching
from bench.data.patches import Patches
from bench.models.score.anatomy import Anatomy
from bench.models.score.atlas import AtlasDenoiser

MEAN, SD = 0.4, 0.2


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def white(batch: int, edge: int = 12, seed: int = 0) -> Patches:
    """Voxels from N(.4, .2^2)."""
    images = MEAN + SD * torch.randn(batch, 1, 1, edge, edge, edge, generator=generator(seed))
    return Patches(
        images=images,
        labels=torch.zeros(batch, 1, edge, edge, edge, dtype=torch.uint8),
        starts=torch.zeros(batch, 1, 3, dtype=torch.int64),
    )


class _Linear(nn.Module):
    """s = -a (x - b) / (SD^2 + sigma^2): the white Gaussian's score at a = 1, b = MEAN."""

    def __init__(self, a: float = 1.0, b: float = MEAN) -> None:
        super().__init__()
        self.a, self.b = nn.Parameter(torch.tensor(a)), nn.Parameter(torch.tensor(b))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        return -self.a * (x - self.b) / (SD**2 + sigma[:, None, None, None, None] ** 2)


def matching(score: nn.Module, *sigmas: float) -> Tensor:
    return ScoreMatching(score, sigmas)(white(64), generator(1))["score matching"]


@pytest.mark.parametrize("sigma", [0.02, 0.2, 1.0])
def test_loss_of_the_true_score_is_what_theory_says(sigma: float) -> None:
    # sigma s + z has variance SD^2 / (SD^2 + sigma^2) if s is the score
    assert matching(_Linear(), sigma).item() == pytest.approx(SD**2 / (SD**2 + sigma**2) / 2, rel=0.02)


def test_loss_of_no_score_is_one_half() -> None:
    assert matching(_Linear(a=0.0), 1.0, 0.1, 0.01).item() == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(("a", "b"), [(0.8, MEAN), (1.2, MEAN), (1.0, MEAN - 0.1), (1.0, MEAN + 0.1), (-1.0, MEAN)])
def test_every_other_linear_score_has_a_greater_loss(a: float, b: float) -> None:
    assert matching(_Linear(a, b), 0.3, 0.1) > matching(_Linear(), 0.3, 0.1) + 1e-3


def test_gradient_vanishes_at_the_true_score_and_not_beside_it() -> None:
    for a, largest, smallest in ((1.0, 5e-3, 0.0), (0.5, math.inf, 0.1)):
        score = _Linear(a)
        matching(score, 0.3).backward()
        assert score.a.grad is not None
        assert smallest <= abs(float(score.a.grad)) <= largest


def test_all_levels_are_drawn_and_no_other() -> None:
    seen: list[float] = []

    class _Spy(nn.Module):
        def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
            seen.extend(sigma.tolist())
            return torch.zeros_like(x)

    matching(_Spy(), 1.0, 0.5, 0.25)
    assert set(seen) == {1.0, 0.5, 0.25}


def test_impossible_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="sigmas must be positive"):
        ScoreMatching(_Linear(), (1.0, 0.0))
    with pytest.raises(ValueError, match="log_sigma_sd must be >= 0"):
        Denoising(prior((12, 12, 12)), log_sigma_mean=0.0, log_sigma_sd=-1.0)


def prior(shape: tuple[int, int, int], widths: tuple[int, ...] = (4,)) -> AtlasDenoiser:
    torch.manual_seed(0)
    return AtlasDenoiser(Anatomy(torch.full((1, *shape), MEAN), SD, torch.ones(1, *shape)), widths)


@pytest.mark.parametrize("log_sigma", [-3.0, 0.0, 2.0])
def test_denoising_loss_of_the_analytic_estimate_is_one_at_every_noise_level(log_sigma: float) -> None:
    # the estimate x / (1 + sigma^2) errs by sigma^2 / (1 + sigma^2), which the weight makes 1; an untrained prior is it
    objective = Denoising(prior((12, 12, 12)), log_sigma_mean=log_sigma, log_sigma_sd=0.0)
    assert objective(white(64), generator(1))["denoising"].item() == pytest.approx(1, rel=0.02)


def test_denoising_loss_falls_for_no_shift_of_the_analytic_estimate() -> None:
    objective = Denoising(prior((12, 12, 12)), log_sigma_mean=0.0, log_sigma_sd=1.0)
    batch, losses = white(64), []
    for shift in (-0.2, 0.0, 0.2):
        nn.init.constant_(objective.prior.denoiser.network.head.bias, shift)
        losses.append(objective(batch, generator(1))["denoising"].item())
    assert losses[1] < min(losses[0], losses[2]) - 0.01


def test_the_drawn_noise_levels_are_log_normal() -> None:
    seen: list[Tensor] = []
    objective = Denoising(prior((4, 4, 4)), log_sigma_mean=-0.5, log_sigma_sd=1.5)
    objective.prior.denoiser.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[1].log()))
    objective(white(4000, edge=4), generator(1))
    assert float(seen[0].mean()) == pytest.approx(-0.5, abs=0.1)
    assert float(seen[0].std()) == pytest.approx(1.5, abs=0.1)


def test_same_generator_same_loss() -> None:
    objective = Denoising(prior((12, 12, 12)), log_sigma_mean=0.0, log_sigma_sd=1.0)
    one, two, other = (objective(white(4), generator(seed))["denoising"].item() for seed in (1, 1, 2))
    assert one == two != other
