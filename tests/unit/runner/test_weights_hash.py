"""The hash of trained weights tells networks apart and nothing else."""

import pytest
import torch
from torch import nn

from bench.runner.weights import weights_hash


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv3d(1, 2, 3), nn.BatchNorm3d(2))


def test_equal_weights_have_one_hash_and_others_another() -> None:
    assert weights_hash(network()) == weights_hash(network())
    assert len({weights_hash(network(seed)) for seed in range(3)}) == 3


def test_the_last_bit_of_a_weight_and_of_a_buffer_counts() -> None:
    for name in ("0.weight", "1.running_mean", "1.num_batches_tracked"):
        moved = network()
        values = moved.state_dict()[name].reshape(-1)
        values[0] = values[0] + 1 if not values.is_floating_point() else torch.nextafter(values[0], values[0] + 1)
        assert weights_hash(moved) != weights_hash(network())


def test_who_holds_a_network_counts() -> None:
    one, other = network(0), network(1)
    assert weights_hash(one, other) != weights_hash(other, one)
    assert weights_hash(nn.Identity(), one) != weights_hash(one, nn.Identity())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_any_precision_has_a_hash(dtype: torch.dtype) -> None:
    assert weights_hash(network().to(dtype)) != weights_hash(network())
