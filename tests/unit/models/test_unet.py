import pytest
import torch

from bench.models.unet import UNet


@pytest.mark.parametrize("size", [(8, 8, 8), (9, 12, 7), (20, 24, 20)])
def test_any_size_comes_back(size: tuple[int, int, int]) -> None:
    assert UNet(1, 3, (4, 8, 16)).eval()(torch.rand(2, 1, *size)).shape == (2, 3, *size)


def test_every_parameter_learns() -> None:
    network = UNet(1, 2, (4, 8, 16))
    network(torch.rand(2, 1, 8, 8, 8)).square().mul(torch.rand(2, 2, 8, 8, 8)).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_one_level_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 levels"):
        UNet(1, 1, (8,))
