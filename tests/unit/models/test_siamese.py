import pytest
import torch
from torch import nn

from bench.models.siamese import Siamese, densenet_siamese, small_siamese


def test_embeddings_have_unit_mean_square_and_their_size_does_not_count() -> None:
    torch.manual_seed(0)
    siamese = Siamese(nn.Sequential(nn.Flatten(), nn.Linear(8, 5, bias=False)), 5, 7)
    one, other = torch.rand(3, 1, 2, 2, 2), torch.rand(3, 1, 2, 2, 2)
    torch.testing.assert_close(siamese(one, other), siamese(4 * one, other))
    seen: list[torch.Tensor] = []
    siamese.compare.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    siamese(one, one)
    a, b, difference = seen[0].split(5, dim=1)
    torch.testing.assert_close(a.square().mean(dim=1), torch.ones(3))
    assert torch.equal(a, b)
    assert not difference.any()


@pytest.mark.parametrize("edge", [8, 16, 33])
def test_the_small_one_takes_patches_of_any_size(edge: int) -> None:
    assert small_siamese((8, 16)).eval()(
        torch.rand(2, 1, edge, edge, edge), torch.rand(2, 1, edge, edge, edge)
    ).shape == (2, 2)


@pytest.mark.parametrize("widths", [(), (6,), (0, 8)])
def test_widths_that_cannot_be_grouped_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        small_siamese(widths)


def test_the_published_one_has_a_thousand_features() -> None:
    siamese = densenet_siamese().eval()
    with torch.inference_mode():
        assert siamese.embed(torch.rand(1, 1, 32, 32, 32)).shape == (1, 1000)
    assert [layer.out_features for layer in siamese.compare if isinstance(layer, nn.Linear)] == [4000, 2]
