"""The unmixing net: four blocks, conditioned on alpha through its norms only."""

import pytest
import torch

from bench.models.unmixing import UnmixingNet, shows_anything


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


def test_air_around_a_brain_changes_nothing_in_it() -> None:
    torch.manual_seed(0)
    net = UnmixingNet(3, (4, 4, 6)).eval()
    brain = torch.rand(2, 3, 8, 8, 8)
    brain[:, 0] = 0  # nowhere background

    def seen(air: int) -> torch.Tensor:
        around = [torch.zeros(1, 3, *3 * (8 + 2 * air,)) for _ in range(2)]
        inside = (..., *3 * (slice(air, air + 8),))
        for maps, part in zip(around, brain, strict=True):
            maps[:, 0] = 1
            maps[inside] = part
        return net(*around, torch.tensor([0.4]))[inside]

    with torch.inference_mode():
        torch.testing.assert_close(seen(20), seen(32), rtol=1e-4, atol=1e-4)


def test_what_is_shown_is_where_the_mixture_or_a_reference_is_not_background() -> None:
    background, tissue = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    mixture = torch.stack([background, background, torch.tensor([0.4, 0.6]), background])
    first = torch.stack([background, tissue, background, background])
    second = torch.stack([background, background, background, tissue])
    maps = [each.T.reshape(1, 2, 1, 2, 2) for each in (mixture, first, second)]
    assert shows_anything(maps[0], torch.cat(maps[1:], dim=1)).flatten().tolist() == [0, 1, 1, 1]


def test_four_blocks_and_no_batch_norm() -> None:
    net = UnmixingNet(4, (16, 32, 64))
    assert len(net.encoder) == 3
    kinds = {type(module).__name__ for module in net.modules()}
    assert "BatchNorm3d" not in kinds


def test_wrong_number_of_widths_is_refused() -> None:
    with pytest.raises(ValueError, match=r"widths must be 3 numbers .* got \(8, 8\)"):
        UnmixingNet(4, (8, 8))
