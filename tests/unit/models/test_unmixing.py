"""The unmixing net: four blocks, conditioned on alpha through its norms only."""

import pytest
import torch

from bench.models.unmixing import UnmixingNet


def test_output_has_the_size_of_the_maps() -> None:
    net = UnmixingNet(4, (4, 6, 8))
    maps = torch.rand(2, 4, 9, 10, 7)
    assert net(maps, maps, torch.tensor([0.2, 0.9])).shape == (2, 4, 9, 10, 7)


def test_alpha_changes_the_answer_of_its_own_item_only() -> None:
    torch.manual_seed(0)
    net = UnmixingNet(3, (4, 6, 8)).eval()
    maps = torch.rand(2, 3, 8, 8, 8)
    one, other = net(maps, maps, torch.tensor([0.2, 0.9])), net(maps, maps, torch.tensor([0.2, 0.1]))
    torch.testing.assert_close(one[0], other[0])
    assert (one[1] - other[1]).abs().max() > 1e-4


def test_four_blocks_and_no_batch_norm() -> None:
    net = UnmixingNet(4, (16, 32, 64))
    assert len(net.encoder) == 3
    kinds = {type(module).__name__ for module in net.modules()}
    assert "BatchNorm3d" not in kinds


def test_wrong_number_of_widths_is_refused() -> None:
    with pytest.raises(ValueError, match=r"widths must be 3 numbers .* got \(8, 8\)"):
        UnmixingNet(4, (8, 8))
