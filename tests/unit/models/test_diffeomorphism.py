"""Warps with known answers, and what every smooth velocity must give."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from bench.data.warp import jacobian_determinant
from bench.models.diffeomorphism import VelocityGenerator, exponential, in_lattice_units, on_voxels, warp, warp_sharply

SHAPE = (17, 21, 19)
WHOLE = torch.zeros(1, 3, dtype=torch.long)


def smooth_velocity(seed: int, largest: float) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    coarse = 2 * torch.rand(1, 3, 4, 4, 4, generator=rng) - 1
    return largest * torch.nn.functional.interpolate(coarse, size=(16, 16, 16), mode="trilinear", align_corners=True)


def test_no_velocity_moves_nothing() -> None:
    image = torch.rand(2, 3, *SHAPE)
    nothing = exponential(torch.zeros(2, 3, *SHAPE))
    assert not nothing.any()
    torch.testing.assert_close(warp(image, nothing), image)


def test_a_constant_velocity_is_a_shift_of_the_same_length_in_the_order_of_the_axes() -> None:
    velocity = torch.tensor([1.0, -2.0, 3.0])[None, :, None, None, None].expand(1, 3, *SHAPE)
    displacement = exponential(velocity)
    torch.testing.assert_close(displacement, velocity.contiguous())
    image = torch.rand(1, 1, *SHAPE)
    shifted = warp(image, displacement)
    torch.testing.assert_close(shifted[0, 0, 4, 5, 6], image[0, 0, 5, 3, 9])
    torch.testing.assert_close(shifted[0, 0, -1, 0, -1], image[0, 0, -1, 0, -1])  # beyond the border stands the border


def test_a_linear_velocity_stretches_exponentially() -> None:
    """dx/dt = a x from x ends at exp(a) x; 128 Euler steps reach (1 + a / 128)^128 x."""
    x = torch.arange(-20.0, 21)
    velocity = torch.zeros(1, 3, 3, 3, 41)
    velocity[:, 2] = 0.3 * x
    moved = exponential(velocity)[0, 2, 1, 1] + x
    inside = slice(10, 31)  # others leave the grid
    torch.testing.assert_close(moved[inside], (1 + 0.3 / 128) ** 128 * x[inside], atol=1e-4, rtol=0)


def test_a_warp_agrees_with_scipy() -> None:
    rng = torch.Generator().manual_seed(0)
    image, u = torch.rand(1, 1, *SHAPE, generator=rng), torch.randn(1, 3, *SHAPE, generator=rng)
    expected = map_coordinates(image[0, 0].numpy(), np.indices(SHAPE) + u[0].numpy(), order=1, mode="nearest")
    torch.testing.assert_close(warp(image, u)[0, 0], torch.from_numpy(expected), atol=1e-4, rtol=0)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), largest=st.floats(0.1, 2.0))
def test_smooth_velocities_do_not_fold_and_the_negative_one_undoes_them(seed: int, largest: float) -> None:
    velocity = smooth_velocity(seed, largest)
    phi, inverse = exponential(velocity), exponential(-velocity)
    assert float(phi.abs().max()) <= float(velocity.abs().max()) + 1e-4
    for u in (phi, inverse):
        assert float(jacobian_determinant(u[0].numpy(), 1.0).min()) > 0
    left = (phi + warp(inverse, phi))[..., 3:-3, 3:-3, 3:-3].abs()  # near the border the warp leaves the grid
    assert float(left.mean()) < 0.02 * largest
    assert float(left.max()) < 0.25 * largest  # the largest of 1200 tried is .212


def test_a_displacement_read_in_a_window_is_the_one_of_the_whole_cut_there() -> None:
    lattice = smooth_velocity(3, 1.0)
    whole = on_voxels(lattice, SHAPE, WHOLE, SHAPE)
    part = on_voxels(lattice, SHAPE, torch.tensor([[2, 5, 7]]), (6, 7, 8))
    torch.testing.assert_close(part, whole[..., 2:8, 5:12, 7:15])


def test_units_change_with_the_grid_and_back() -> None:
    field = torch.ones(1, 3, 9, 9, 9)
    in_nodes = in_lattice_units(field, SHAPE)
    torch.testing.assert_close(in_nodes[0, :, 0, 0, 0], torch.tensor([8 / 16, 8 / 20, 8 / 18]))
    torch.testing.assert_close(on_voxels(in_nodes, SHAPE, WHOLE, SHAPE), torch.ones(1, 3, *SHAPE))


def test_the_generator_fills_a_lattice_within_its_bounds_and_codes_differ() -> None:
    torch.manual_seed(0)
    velocity = VelocityGenerator(32, (16, 8), 0.5)(torch.randn(4, 32)).detach()
    assert velocity.shape == (4, 3, 8, 8, 8)
    assert float(velocity.abs().max()) <= 1
    torch.testing.assert_close(velocity.mean(dim=(2, 3, 4)), torch.zeros(4, 3), atol=1e-6, rtol=0)
    assert float((velocity[0] - velocity[1]).abs().mean()) > 0.02


def test_no_key_has_anything_in_common_with_all_others() -> None:
    torch.manual_seed(0)
    generator = VelocityGenerator(8, (8, 8), 0.5)
    code = torch.randn(3, 8)
    torch.testing.assert_close(generator(-code), -generator(code))
    assert not generator(torch.zeros(1, 8)).any()


@pytest.mark.parametrize("change", [{"widths": ()}, {"smoothing": 0.0}])
def test_impossible_generators_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="at least 1 width and smoothing > 0"):
        VelocityGenerator(**{"code": 4, "widths": (8,), "smoothing": 1.0, **change})  # type: ignore[arg-type]


def test_a_sharp_warp_is_that_of_cubic_splines() -> None:
    rng = torch.Generator().manual_seed(0)
    image = torch.rand(2, 1, *SHAPE, generator=rng)
    u = 0.9 * (2 * torch.rand(2, 3, *SHAPE, generator=rng) - 1)
    inner = (..., *3 * (slice(4, -4),))
    for x, moved, found in zip(image, u, warp_sharply(image, u), strict=True):
        expected = map_coordinates(x[0].numpy(), np.indices(SHAPE) + moved.numpy(), order=3, mode="mirror")
        torch.testing.assert_close(found[0][inner], torch.from_numpy(expected)[inner], atol=1e-4, rtol=0)


def test_a_sharp_warp_tells_the_displacement_how_to_change() -> None:
    ramp = (torch.arange(9.0) / 10).expand(1, 1, 9, 9, 9).contiguous()
    u = torch.full((1, 3, 9, 9, 9), 0.3, requires_grad=True)
    warp_sharply(ramp, u)[..., 4, 4, 4].sum().backward()
    assert u.grad is not None
    torch.testing.assert_close(u.grad[0, :, 4, 4, 4], torch.tensor([0.0, 0.0, 0.1]), atol=1e-3, rtol=0)
