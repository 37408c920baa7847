"""What is settled before anything is separated."""

import pytest
import torch

from bench.attacks.mixtures.people import People
from bench.attacks.separation.before import (
    alpha_of_key,
    alpha_of_queries,
    alpha_of_reply,
    averaged_channels,
    grouped,
)
from bench.attacks.separation.weights import CLOSEST
from bench.types.scan import Roles

RNG = torch.Generator().manual_seed(0)


def test_equal_queries_hold_nothing_but_the_target(roles: Roles) -> None:
    image = roles.test.scans[0].image
    assert alpha_of_queries(torch.stack([image, image]), People.of(roles.auxiliary)) == 1 - CLOSEST


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
