"""Noise levels."""

from itertools import pairwise

import pytest
import torch

from bench.models.score.noise import geometric, noise_input, per_item


def test_ten_levels_of_the_paper() -> None:
    levels = geometric(1.0, 0.01, 10)
    assert len(levels) == 10
    assert levels[0] == 1.0
    assert levels[-1] == pytest.approx(0.01)
    assert all(a / b == pytest.approx(100 ** (1 / 9)) for a, b in pairwise(levels))  # 1.668


@pytest.mark.parametrize(("largest", "smallest", "levels"), [(0.1, 1.0, 3), (1.0, 0.0, 3), (1.0, 0.1, 1)])
def test_impossible_levels_are_refused(largest: float, smallest: float, levels: int) -> None:
    with pytest.raises(ValueError, match="largest > smallest > 0"):
        geometric(largest, smallest, levels)


def test_one_level_serves_all_items_or_each_has_its_own() -> None:
    x = torch.zeros(3, 1, 2, 2, 2)
    assert per_item(0.5, x).tolist() == [0.5, 0.5, 0.5]
    assert per_item(torch.tensor(0.5), x).tolist() == [0.5, 0.5, 0.5]
    assert per_item(torch.tensor([1.0, 2.0, 3.0]), x).tolist() == [1.0, 2.0, 3.0]


def test_the_network_is_told_a_quarter_of_the_logarithm() -> None:
    torch.testing.assert_close(noise_input(torch.tensor([1.0, 54.5982])), torch.tensor([0.0, 1.0]))
