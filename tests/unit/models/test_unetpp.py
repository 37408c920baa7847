"""U-Net++: any size, the nested wiring, refusal of nonsense."""

import pytest
import torch

from bench.models.unetpp import UNetPlusPlus


@pytest.mark.parametrize("shape", [(16, 16, 16), (9, 14, 11), (4, 5, 6)])
@pytest.mark.parametrize("widths", [(4, 8), (4, 8, 16)])
def test_output_has_the_size_of_the_input(shape: tuple[int, int, int], widths: tuple[int, ...]) -> None:
    net = UNetPlusPlus(1, 3, widths).eval()
    assert net(torch.rand(2, 1, *shape)).shape == (2, 3, *shape)


def test_depth_four_has_the_ten_nodes_of_the_triangle() -> None:
    net = UNetPlusPlus(1, 2, (2, 4, 8, 16))
    assert sorted(net.blocks) == ["0_0", "0_1", "0_2", "0_3", "1_0", "1_1", "1_2", "2_0", "2_1", "3_0"]


def test_every_parameter_gets_a_gradient() -> None:
    net = UNetPlusPlus(1, 2, (4, 8, 16))
    net(torch.rand(2, 1, 8, 8, 8)).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in net.parameters())


def test_a_whole_volume_gives_what_its_inner_patch_gives() -> None:
    net = UNetPlusPlus(1, 2, (4, 8)).eval()
    volume = torch.rand(1, 1, 48, 48, 48)
    whole, patch = net(volume), net(volume[:, :, 8:40, 8:40, 8:40])
    torch.testing.assert_close(whole[:, :, 20:28, 20:28, 20:28], patch[:, :, 12:20, 12:20, 12:20], atol=1e-5, rtol=1e-4)


def test_one_level_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least 2 levels, got \(8,\)"):
        UNetPlusPlus(1, 2, (8,))
