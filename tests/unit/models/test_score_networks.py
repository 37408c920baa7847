"""Score networks and denoisers: shapes, preconditioning, and that a patch sees what the volume sees."""

import pytest
import torch
from torch import nn

from bench.models.score.anatomy import Anatomy
from bench.models.score.atlas import AtlasDenoiser
from bench.models.score.edm import EDMDenoiser, preconditioning
from bench.models.score.ncsn import NCSN, NCSNv2
from bench.models.score.unet import DenoisingUNet


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def woken(network: nn.Module, seed: int = 0) -> nn.Module:
    """No layer is 0, so that nothing is equal by accident."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=rng)
    return network.eval()


def anatomy_of(shape: tuple[int, int, int]) -> Anatomy:
    return Anatomy(noise(1, *shape).abs(), 0.2, 0.1 + noise(1, *shape, seed=1).abs())


@pytest.mark.parametrize("network", [NCSN((2, 3, 4)), NCSNv2((2, 3, 4))])
def test_score_has_the_shape_of_the_image_even_if_odd(network: nn.Module) -> None:
    x = noise(2, 1, 7, 10, 9)
    assert network(x, 0.1).shape == x.shape
    assert network(x, torch.tensor([0.1, 1.0])).shape == x.shape


def test_each_items_score_follows_its_own_noise_level() -> None:
    network, x = woken(NCSN((2, 3))), noise(1, 1, 8, 8, 8).expand(2, -1, -1, -1, -1)
    both = network(x, torch.tensor([0.1, 1.0]))
    torch.testing.assert_close(both[:1], network(x[:1], 0.1), atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(both[1:], network(x[1:], 1.0), atol=1e-3, rtol=1e-4)
    assert (0.1 * both[0] - both[1]).abs().max() > 0.05  # more than the factor 1 / sigma


def test_the_simple_form_knows_the_noise_only_as_a_factor() -> None:
    network, x = woken(NCSNv2((2, 3))), noise(1, 1, 8, 8, 8)
    torch.testing.assert_close(0.1 * network(x, 0.1), network(x, 1.0))


def test_preconditioning_by_hand() -> None:
    c = preconditioning(torch.tensor(2.0), 1.0)
    expected = torch.tensor([1 / 5, 2 / 5**0.5, 1 / 5**0.5])
    torch.testing.assert_close(torch.stack(list(c)), expected)
    c = preconditioning(torch.tensor(3.0), torch.tensor(4.0))
    torch.testing.assert_close(torch.stack(list(c)), torch.tensor([16 / 25, 12 / 5, 1 / 5]))


@pytest.mark.parametrize("sigma", [0.01, 1.0, 30.0])
def test_networks_input_and_target_have_unit_variance(sigma: float) -> None:
    sigma_data = 0.5
    y, z = sigma_data * noise(200_000, seed=1), noise(200_000, seed=2)
    c = preconditioning(torch.tensor(sigma), sigma_data)
    x = y + sigma * z
    assert float((c.c_in * x).var()) == pytest.approx(1, abs=0.02)
    assert float(((y - c.c_skip * x) / c.c_out).var()) == pytest.approx(1, abs=0.02)


def test_without_noise_the_denoiser_returns_its_input() -> None:
    denoiser = EDMDenoiser(woken(DenoisingUNet(4, 1, (4, 4))))
    x, location = noise(2, 1, 9, 8, 6), noise(2, 3, 9, 8, 6, seed=1)
    torch.testing.assert_close(denoiser(x, 1e-5, location), x, atol=1e-3, rtol=0)


def test_under_endless_noise_the_estimate_does_not_grow() -> None:
    denoiser = EDMDenoiser(woken(DenoisingUNet(4, 1, (4, 4))))
    x, location = noise(1, 1, 8, 8, 8), noise(1, 3, 8, 8, 8, seed=1)
    estimates = [denoiser(sigma * x, sigma, location).std() for sigma in (1e2, 1e4, 1e6)]
    assert max(estimates) < 3 * min(estimates)  # stays on the data's scale, sd 1, and does not follow the noise
    assert max(estimates) < 10


def test_an_untrained_denoiser_is_the_linear_estimate_with_each_voxels_variance() -> None:
    anatomy = anatomy_of((9, 8, 7))
    prior = AtlasDenoiser(anatomy, (4, 4))
    x, sigma = noise(2, 1, 9, 8, 7), torch.tensor([0.3, 2.0])
    variance, level = anatomy.spread**2, sigma[:, None, None, None, None] ** 2
    torch.testing.assert_close(prior(x, sigma), x * variance / (variance + level))


def test_denoiser_on_patches_agrees_with_the_whole_volume_away_from_the_patchs_border() -> None:
    prior = woken(AtlasDenoiser(anatomy_of((36, 40, 36)), (3,)))
    x, starts = noise(1, 1, 36, 40, 36), torch.tensor([[4, 8, 0], [6, 10, 8]])
    patches = torch.cat([x[..., i : i + 28, j : j + 28, k : k + 28] for i, j, k in starts.tolist()])
    whole, parts = prior(x, 0.7), prior(patches, 0.7, starts)
    for part, (i, j, k) in zip(parts, starts.tolist(), strict=True):
        inside = slice(12, 16)  # five convolutions at half resolution reach 10 voxels
        corner = [slice(start + 12, start + 16) for start in (i, j, k)]
        torch.testing.assert_close(part[0, inside, inside, inside], whole[0, 0][tuple(corner)], atol=1e-5, rtol=1e-4)


def test_the_same_noise_elsewhere_is_denoised_otherwise() -> None:
    prior = woken(AtlasDenoiser(anatomy_of((16, 16, 16)), (3, 4)))
    x = noise(1, 1, 8, 8, 8)
    here, there = (prior(x, 0.7, torch.tensor([start])) for start in ([0, 0, 0], [8, 8, 8]))
    assert (here - there).abs().max() > 1e-2


@pytest.mark.parametrize("shape", [(7, 9, 5), (56, 4, 3)])
def test_denoiser_takes_any_size(shape: tuple[int, int, int]) -> None:
    prior = AtlasDenoiser(anatomy_of(shape), (2, 3, 4))
    assert prior(noise(2, 1, *shape), 1.0).shape == (2, 1, *shape)


def test_a_network_without_levels_is_refused() -> None:
    with pytest.raises(ValueError, match="widths must name at least 1 level"):
        DenoisingUNet(1, 1, ())
