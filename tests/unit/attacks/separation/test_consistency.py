"""Sources that are made to explain their mixture."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.attacks.separation.consistency import explaining

WEIGHTS = st.floats(0.02, 0.98)


def _pair(alpha: float, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(1, 2, 1, 4, 4, 4, generator=generator, dtype=torch.float64)
    truth[..., 0, :] = 0  # outside the head
    mixture = alpha * truth[:, :1] + (1 - alpha) * truth[:, 1:]
    return truth, mixture, torch.tensor([[alpha]], dtype=torch.float64)


@given(alpha=WEIGHTS, seed=st.integers(0, 10**6))
def test_what_explains_is_the_mixture_again_and_lies_in_the_range_of_images(alpha: float, seed: int) -> None:
    _, mixture, weight = _pair(alpha, seed)
    guess = torch.randn(1, 2, 1, 4, 4, 4, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    found = explaining(guess, mixture, weight)
    torch.testing.assert_close(alpha * found[:, :1] + (1 - alpha) * found[:, 1:], mixture)
    assert float(found.min()) > -1e-9
    assert float(found.max()) < 1 + 1e-9
    assert float(found[..., 0, :].abs().max()) < 1e-9  # nothing was sent there, so nothing was there


@given(alpha=WEIGHTS, seed=st.integers(0, 10**6))
def test_no_images_that_explain_lie_nearer_to_the_truth_along_it(alpha: float, seed: int) -> None:
    """Both move towards a convex set that holds the truth, and no step towards such a set leads away from it."""
    truth, mixture, weight = _pair(alpha, seed)
    noise = 0.3 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(seed + 1), dtype=torch.float64)
    found = explaining(truth + noise, mixture, weight)
    assert float((found - truth).square().sum()) <= float(noise.square().sum()) + 1e-9
    torch.testing.assert_close(explaining(truth, mixture, weight), truth)


def test_by_hand() -> None:
    def one(x: float, r: float, m: float, a: float) -> list[float]:
        sources, observed = (torch.tensor(v).reshape(1, -1, 1, 1, 1, 1) for v in ([x, r], [m]))
        return explaining(sources, observed, torch.tensor([[a]])).flatten().tolist()

    torch.testing.assert_close(one(0.5, 0.5, 0.6, 0.5), [0.6, 0.6])  # .1 is missing, and both give the same
    torch.testing.assert_close(one(0.5, 0.0, 0.5, 0.8), [0.6176471, 0.0294118])  # + .1 / .68 times (.8, .2)
    torch.testing.assert_close(one(0.0, 1.0, 0.9, 0.5), [0.8, 1.0])  # (.4, 1.4) would do, but 1 is the brightest
