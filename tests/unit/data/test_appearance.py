import numpy as np
import pytest

from bench.data.appearance import Appearance, AppearanceRange, apply_appearance, draw_appearance
from bench.data.warp import Lattice, axes_mm
from bench.dataset import Grid

GRID = Grid((16, 16, 16), 8.0)
AXES = axes_mm(GRID)
FLAT = Lattice(np.zeros((1, 7, 7, 7), np.float32), 72.0)
INSIDE = np.indices(GRID.shape).sum(0) > 12
HALF = np.where(INSIDE, np.float32(0.5), np.float32(0))
SHARES = np.stack([INSIDE, ~INSIDE]).astype(np.float32)


def appearance(**changes: object) -> Appearance:
    values: dict = {"contrast": (0.0, 0.0), "gamma": 1.0, "log_bias": FLAT, "noise": 0.0, "noise_seed": 1}
    return Appearance(**(values | changes))


def shown(**changes: object) -> np.ndarray:
    return apply_appearance(HALF, SHARES, INSIDE, AXES, appearance(**changes))


def test_nothing_drawn_changes_nothing() -> None:
    np.testing.assert_array_equal(shown(), HALF)


def test_contrast_is_added_by_tissue_share() -> None:
    np.testing.assert_allclose(shown(contrast=(0.25, -0.4))[INSIDE], 0.75)


def test_gamma_is_the_exponent() -> None:
    np.testing.assert_allclose(shown(gamma=2.0)[INSIDE], 0.25)


def test_bias_field_is_multiplicative() -> None:
    bias = Lattice(np.full((1, 7, 7, 7), np.log(1.5), np.float32), 72.0)
    np.testing.assert_allclose(shown(log_bias=bias)[INSIDE], 0.75, rtol=1e-5)


def test_rician_noise_in_the_dark_has_the_rayleigh_mean() -> None:
    everywhere = np.ones(GRID.shape, bool)
    dark = np.zeros(GRID.shape, np.float32)
    seen = apply_appearance(dark, SHARES, everywhere, AXES, appearance(noise=0.1))
    assert seen.mean() == pytest.approx(0.1 * np.sqrt(np.pi / 2), rel=0.03)


def test_rician_noise_in_the_bright_has_its_sigma() -> None:
    assert shown(noise=0.05)[INSIDE].std() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_result_is_in_range_and_black_outside_however_strong_the_effects(seed: int) -> None:
    spread = AppearanceRange(contrast=0.5, gamma=1.0, bias=1.0, noise=0.5)
    seen = apply_appearance(HALF, SHARES, INSIDE, AXES, draw_appearance(np.random.default_rng(seed), 2, spread))
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert not seen[~INSIDE].any()


def test_the_same_seed_shows_the_same_image() -> None:
    spread = AppearanceRange(contrast=0.1, gamma=0.1, bias=0.1, noise=0.1)
    one, two, other = (draw_appearance(np.random.default_rng(seed), 2, spread) for seed in (1, 1, 2))
    first, second, third = (apply_appearance(HALF, SHARES, INSIDE, AXES, drawn) for drawn in (one, two, other))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 0.01


def test_a_negative_spread_is_refused() -> None:
    with pytest.raises(ValueError, match=r"noise must be in \[0, 1\], got -0.1"):
        AppearanceRange(contrast=0.1, gamma=0.1, bias=0.1, noise=-0.1)
