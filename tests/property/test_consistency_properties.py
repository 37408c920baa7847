"""The closed form for mixtures that share their target is the solution of the dense linear system."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench.attacks.separation.consistency import consistent_draw, consistent_mean
from bench.attacks.separation.mixing import residual

WEIGHTS = st.floats(0.02, 0.98)
VARIANCES = st.floats(1e-3, 1e3)


def dense(
    alpha: Tensor, variance: float, noise: float, reference_variance: float | None = None
) -> tuple[Tensor, Tensor]:
    """Gain and posterior covariance of one coordinate's K + 1 sources, by the textbook formula."""
    size = len(alpha)
    forward = torch.cat([alpha[:, None], torch.diag(1 - alpha)], dim=1)
    before = torch.full((size + 1,), variance if reference_variance is None else reference_variance, dtype=alpha.dtype)
    before[0] = variance
    gram = forward @ (before[:, None] * forward.T) + noise**2 * torch.eye(size, dtype=alpha.dtype)
    gain = before[:, None] * torch.linalg.solve(gram, forward).T
    return gain, (torch.eye(size + 1, dtype=alpha.dtype) - gain @ forward) * before


@pytest.mark.parametrize("mixtures", [1, 3, 10])
@settings(deadline=None, max_examples=30)
@given(
    data=st.data(),
    variance=VARIANCES,
    ratio=st.sampled_from([0.1, 1.0, 4.0]),
    noise=st.sampled_from([0.0, 0.01, 1.0]),
    seed=st.integers(0, 2**31),
)
def test_closed_form_is_the_dense_solution(
    mixtures: int, data: st.DataObject, variance: float, ratio: float, noise: float, seed: int
) -> None:
    alpha = torch.tensor(data.draw(st.lists(WEIGHTS, min_size=mixtures, max_size=mixtures)), dtype=torch.float64)
    random = torch.Generator().manual_seed(seed)
    means = torch.randn(1, mixtures + 1, 2, 3, generator=random, dtype=torch.float64)
    observed = torch.randn(1, mixtures, 2, 3, generator=random, dtype=torch.float64)
    gain, _ = dense(alpha, variance, noise, ratio * variance)
    expected = means + torch.einsum("sm,cmhw->cshw", gain, residual(means, observed, alpha[None]))
    found = consistent_mean(means, observed, alpha[None], variance, noise, ratio * variance)
    torch.testing.assert_close(found, expected)


@settings(deadline=None, max_examples=30)
@given(alpha=WEIGHTS, variance=VARIANCES, mixtures=st.sampled_from([1, 3, 10]), seed=st.integers(0, 2**31))
def test_without_noise_mean_and_draw_explain_the_mixtures_exactly(
    alpha: float, variance: float, mixtures: int, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    means = torch.randn(4, mixtures + 1, 5, generator=random, dtype=torch.float64)
    observed = torch.randn(4, mixtures, 5, generator=random, dtype=torch.float64)
    weights = torch.full((4, mixtures), alpha, dtype=torch.float64)
    for sources in (
        consistent_mean(means, observed, weights, variance),
        consistent_draw(means, observed, weights, variance, random),
    ):
        scale = float(sources.abs().max())
        torch.testing.assert_close(
            residual(sources, observed, weights), torch.zeros_like(observed), atol=1e-12 * scale + 1e-12, rtol=0
        )


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_draws_have_the_dense_posterior_covariance(noise: float) -> None:
    alpha, n = torch.tensor([0.3, 0.8], dtype=torch.float64), 40_000
    observed = torch.tensor([0.7, -0.2], dtype=torch.float64).reshape(1, 2, 1).expand(n, 2, 1)
    random = torch.Generator().manual_seed(0)
    drawn = consistent_draw(
        torch.zeros(n, 3, 1, dtype=torch.float64), observed, alpha.expand(n, 2), 1.3, random, noise
    )[..., 0]
    gain, covariance = dense(alpha, 1.3, noise)
    # Entries of a sample covariance have standard error below sqrt(2 / n) times the largest variance.
    torch.testing.assert_close(drawn.T.cov(), covariance, atol=5 * (2 / n) ** 0.5 * float(covariance.max()), rtol=0)
    torch.testing.assert_close(drawn.mean(0), gain @ observed[0, :, 0], atol=5 * 1.3 / n**0.5, rtol=0)
