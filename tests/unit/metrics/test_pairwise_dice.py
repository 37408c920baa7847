"""Dice of all pairs, against counting by hand and against the Dice of one pair."""

import math

import pytest
import torch

from bench.metrics import pairwise_dice as module
from bench.metrics.dice import dice
from bench.metrics.pairwise_dice import pairwise_dice

CLASSES = ("background", "a", "b", "c")


def _maps(*rows: list[int]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.uint8).reshape(len(rows), 1, 1, -1)


def test_a_table_counted_by_hand() -> None:
    found = pairwise_dice(_maps([0, 1, 1, 2], [0, 0, 0, 1]), _maps([1, 1, 0, 2]), 3)
    # first: class 1 shares one voxel of 2 + 2, class 2 all; second: class 1 shares none of 1 + 2, class 2 none of 0 + 1
    assert found.flatten().tolist() == pytest.approx([(2 * 1 / 4 + 1) / 2, 0.0])


def test_a_class_in_neither_map_is_left_out() -> None:
    assert pairwise_dice(_maps([0, 1, 1, 0]), _maps([1, 1, 0, 0]), 4).item() == pytest.approx(0.5)


def test_two_empty_maps_agree() -> None:
    assert pairwise_dice(_maps([0, 0]), _maps([0, 0], [0, 1]), 2).flatten().tolist() == [1, 0]


def test_it_is_the_mean_of_the_dice_of_one_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 50)  # several parts, the last one shorter
    rng = torch.Generator().manual_seed(3)
    maps = torch.randint(0, 4, (3, 5, 6, 7), generator=rng).to(torch.uint8)
    others = torch.randint(0, 3, (2, 5, 6, 7), generator=rng).to(torch.uint8)
    found = pairwise_dice(maps, others, 4)
    for row, own in enumerate(maps):
        for column, other in enumerate(others):
            known = [value for value in dice(own, other, CLASSES).values() if not math.isnan(value)]
            assert float(found[row, column]) == pytest.approx(sum(known) / len(known), abs=1e-6)
