"""Noise levels."""

import torch

from bench.models.score.noise import noise_input, per_item


def test_one_level_serves_all_items_or_each_has_its_own() -> None:
    x = torch.zeros(3, 1, 2, 2, 2)
    assert per_item(0.5, x).tolist() == [0.5, 0.5, 0.5]
    assert per_item(torch.tensor(0.5), x).tolist() == [0.5, 0.5, 0.5]
    assert per_item(torch.tensor([1.0, 2.0, 3.0]), x).tolist() == [1.0, 2.0, 3.0]


def test_the_network_is_told_a_quarter_of_the_logarithm() -> None:
    torch.testing.assert_close(noise_input(torch.tensor([1.0, 54.5982])), torch.tensor([0.0, 1.0]))
