"""What is estimated before anything is separated."""

import pytest
import torch

from bench.attacks.separation.crowd import Crowd, alpha_of_key, alpha_of_reply, averaged_channels, grouped
from bench.attacks.separation.weights import CLOSEST
from bench.types.scan import Roles

RNG = torch.Generator().manual_seed(0)
SHAPE = (1, 8, 9, 10)
CROWD = Crowd(torch.full(SHAPE, 0.5), variance=0.01 * 720)


def people(count: int) -> torch.Tensor:
    return 0.5 + 0.1 * torch.randn(count, *SHAPE, generator=RNG)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
def test_alpha_shows_in_how_queries_differ(alpha: float) -> None:
    x, references = people(1), people(30)
    assert CROWD.alpha(alpha * x + (1 - alpha) * references) == pytest.approx(alpha, abs=0.03)


@pytest.mark.parametrize("alpha", [0.3, 0.8])
def test_one_mixture_tells_alpha_up_to_exchange(alpha: float) -> None:
    x, reference = people(1), people(1)
    found = CROWD.alpha(alpha * x + (1 - alpha) * reference)
    assert found == pytest.approx(max(alpha, 1 - alpha), abs=0.08)


def test_mean_and_variance_are_those_of_first_visits(roles: Roles) -> None:
    crowd = Crowd.of(roles.auxiliary)
    images = torch.stack([scan.image for scan in roles.auxiliary.first_visits()])
    assert torch.allclose(crowd.mean, images.mean(0))
    assert crowd.variance == pytest.approx(float(images.flatten(1).T.cov().diagonal().sum()), rel=1e-4)


def test_queries_are_averaged_in_equal_groups() -> None:
    queries = torch.arange(7.0).reshape(7, 1, 1, 1, 1)
    joined, size = grouped(queries, 3)
    assert (joined.flatten().tolist(), size) == ([0.5, 2.5, 4.5], 2)
    joined, size = grouped(queries, 1)
    assert (joined.flatten().tolist(), size) == ([3.0], 7)
    joined, size = grouped(queries, 100)
    assert (joined.flatten().tolist(), size) == (list(range(7)), 1)


def test_alpha_stands_in_a_key_that_has_one() -> None:
    class Key:
        alpha = torch.full((3, 1, 1), 0.3)

    assert alpha_of_key(Key(), 0.9) == pytest.approx(0.3)
    assert alpha_of_key(None, 0.9) == 0.9
    assert alpha_of_key(type("Naked", (), {"alpha": 1.0})(), 0.5) == 1 - CLOSEST


def test_an_answer_that_mixes_nothing_means_a_naked_target() -> None:
    certain = torch.zeros(2, 3, 4, 4, 4)
    certain[:, 1] = 1
    assert alpha_of_reply(certain) == 1 - CLOSEST


def test_channels_are_averaged() -> None:
    queries = torch.rand(3, 2, 4, 4, 4, generator=RNG)
    assert torch.equal(averaged_channels(queries), queries.mean(1, keepdim=True))
