"""Norms that a number modulates."""

import pytest
import torch

from bench.models.conditional import AdaptiveInstanceNorm, AdaptivePixelNorm, Modulation


def test_adaptive_norm_is_scale_and_shift_of_the_normalised_input() -> None:
    norm = AdaptiveInstanceNorm(1)
    last = norm.style[2]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([1.0, -2.0]))  # gamma, beta
    x = torch.arange(8.0).reshape(1, 1, 2, 2, 2)
    expected = 2 * (x - x.mean()) / (x.var(unbiased=False) + 1e-5).sqrt() - 2
    torch.testing.assert_close(norm(x, torch.tensor([0.3])), expected)


def test_a_masked_norm_takes_mean_and_variance_of_what_is_named_and_of_all_where_nothing_is() -> None:
    norm = AdaptiveInstanceNorm(1)
    with torch.no_grad():
        norm.style[2].weight.zero_()
        norm.style[2].bias.zero_()
    x = torch.tensor([1.0, 3.0, 100.0, -7.0]).reshape(1, 1, 1, 2, 2).repeat(2, 1, 1, 1, 1)
    where = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0] * 4]).reshape(2, 1, 1, 2, 2)
    found = norm(x, torch.tensor([0.3, 0.3]), where)
    torch.testing.assert_close(found[0].flatten(), torch.tensor([-1.0, 1.0, 98.0, -9.0]), rtol=1e-4, atol=0)
    torch.testing.assert_close(found[1], norm(x[1:], torch.tensor([0.3]))[0])


def test_pixel_norm_is_scale_and_shift_of_features_of_unit_mean_square() -> None:
    norm = AdaptivePixelNorm(2)
    last = norm.style[2]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([1.0, 0.0, -2.0, 0.5]))  # gamma of both channels, beta of both
    x = torch.tensor([3.0, 4.0]).reshape(1, 2, 1, 1, 1)  # mean square 12.5
    found = norm(x, torch.tensor([0.3])).flatten()
    torch.testing.assert_close(found, torch.tensor([2 * 3 / 12.5**0.5 - 2, 4 / 12.5**0.5 + 0.5]), atol=1e-4, rtol=0)


def test_pixel_norm_of_a_part_is_the_part_of_the_pixel_norm() -> None:
    norm = AdaptivePixelNorm(3)
    x, condition = torch.randn(2, 3, 6, 6, 6, generator=torch.Generator().manual_seed(0)), torch.tensor([0.1, -1.0])
    torch.testing.assert_close(norm(x[..., 1:4], condition), norm(x, condition)[..., 1:4])


def test_modulation_scales_and_shifts_the_features_as_they_are() -> None:
    modulation = Modulation(1)
    last = modulation.style[2]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.5, -1.0]))  # gamma, beta
    x = torch.arange(8.0).reshape(1, 1, 2, 2, 2)
    torch.testing.assert_close(modulation(x, torch.tensor([0.3])), 1.5 * x - 1)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last_3d])
def test_instance_norm_keeps_the_layout_and_its_numbers(layout: torch.memory_format) -> None:
    norm = AdaptiveInstanceNorm(3)
    x = torch.rand(2, 3, 4, 5, 6)
    condition = torch.tensor([0.2, 0.9])
    found = norm(x.contiguous(memory_format=layout), condition)
    assert found.is_contiguous(memory_format=layout)
    torch.testing.assert_close(found, norm(x, condition))
