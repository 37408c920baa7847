import numpy as np
import pytest
from scipy.interpolate import BSpline
from scipy.ndimage import map_coordinates

from bench.data.warp import (
    ANATOMY_SCALES,
    Lattice,
    Pose,
    axes_mm,
    compose,
    draw_displacement,
    draw_lattice,
    interpolate,
    jacobian_determinant,
    points_mm,
    sample,
)
from bench.dataset import Grid

GRID = Grid((20, 24, 22), 8.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_middle_of_the_grid_is_the_origin() -> None:
    depth, height, _ = axes_mm(Grid((9, 8, 8), 2.0))
    assert depth.tolist() == [-8, -6, -4, -2, 0, 2, 4, 6, 8]
    assert height.tolist() == [-7, -5, -3, -1, 1, 3, 5, 7]


def test_a_lattice_of_equal_coefficients_is_a_constant_field() -> None:
    field = Lattice(np.full((1, 9, 9, 9), 2.5, np.float32), 48.0).on(axes_mm(GRID))
    np.testing.assert_allclose(field, 2.5, rtol=1e-5)


def test_one_coefficient_gives_a_cubic_b_spline_around_its_control_point() -> None:
    coefficients = np.zeros((1, 9, 9, 9), np.float32)
    coefficients[0, 4, 4, 5] = 1  # control point (0, 0, 48 mm)
    x = np.array([0.0, 20.0, 48.0, 90.0], np.float32)
    field = Lattice(coefficients, 48.0).on((np.zeros(1, np.float32), np.zeros(1, np.float32), x))
    spline = BSpline.basis_element(np.arange(5) - 2, extrapolate=False)
    np.testing.assert_allclose(field[0, 0, 0], (2 / 3) ** 2 * spline((x - 48) / 48), rtol=1e-5)


def test_random_fields_have_unit_variance() -> None:
    fields = [draw_lattice(rng(seed), 1, 32.0).on(axes_mm(GRID)) for seed in range(20)]
    assert np.std(fields) == pytest.approx(1.0, rel=0.05)


def test_the_same_seed_is_the_same_field_at_every_spacing() -> None:
    fine = draw_displacement(rng(3), axes_mm(Grid((41, 41, 41), 4.0)), 4.0, ANATOMY_SCALES)
    coarse = draw_displacement(rng(3), axes_mm(Grid((21, 21, 21), 8.0)), 4.0, ANATOMY_SCALES)
    np.testing.assert_allclose(fine[:, ::2, ::2, ::2], coarse, atol=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_default_anatomy_never_folds_space(seed: int) -> None:
    grid = Grid((48, 56, 48), 3.5)
    u = draw_displacement(rng(seed), axes_mm(grid), 4.0, ANATOMY_SCALES)
    assert jacobian_determinant(u, grid.spacing_mm).min() > 0.2


def test_jacobian_determinant_of_a_linear_map_is_its_determinant() -> None:
    matrix = np.array([[0.1, 0.2, 0.0], [0.0, -0.2, 0.1], [0.3, 0.0, 0.05]])
    u = np.einsum("ab,bxyz->axyz", matrix, points_mm(axes_mm(GRID))).astype(np.float32)
    expected = np.linalg.det(matrix + np.eye(3))
    np.testing.assert_allclose(jacobian_determinant(u, GRID.spacing_mm), expected, rtol=1e-4)


def test_a_mirrored_space_is_recognised_as_folded() -> None:
    u = -2 * points_mm(axes_mm(GRID)) * np.array([1, 0, 0], np.float32).reshape(3, 1, 1, 1)
    assert jacobian_determinant(u, GRID.spacing_mm).max() < 0


def test_a_quarter_turn_about_the_superior_axis_moves_right_to_anterior() -> None:
    points = np.array([10.0, 0.0, 0.0], np.float32).reshape(3, 1, 1, 1)
    moved = points + Pose((0.0, 0.0, 90.0), (1.0, 2.0, 3.0)).displacement(points)
    np.testing.assert_allclose(moved.ravel(), [1, 12, 3], atol=1e-5)


def test_composing_translations_adds_them() -> None:
    points = points_mm(axes_mm(GRID))
    v, u = (Pose((0.0, 0.0, 0.0), shift).displacement(points) for shift in ((3.0, 0.0, -5.0), (1.0, 2.0, 3.0)))
    total = compose(v, u, GRID)
    np.testing.assert_allclose(total, np.broadcast_to(np.array([4, 2, -2]).reshape(3, 1, 1, 1), total.shape), atol=1e-4)


def test_composition_looks_up_the_second_displacement_where_the_first_one_leads() -> None:
    points = points_mm(axes_mm(GRID))
    u = (0.1 * points).astype(np.float32)
    v = Pose((0.0, 0.0, 0.0), (8.0, 0.0, 0.0)).displacement(points)
    total = compose(v, u, GRID)
    inner = np.s_[:, :-1]  # the last plane leads beyond the grid
    np.testing.assert_allclose(total[inner], (v + 0.1 * (points + v))[inner], atol=1e-4)


def test_interpolation_agrees_with_scipy() -> None:
    maps = rng().random((2, 7, 8, 9), dtype=np.float32)
    index = rng(1).uniform(-2, 10, (3, 5, 6, 4)).astype(np.float32)
    for outside, mode in (("zeros", "grid-constant"), ("border", "nearest")):
        expected = [map_coordinates(part, index, order=1, mode=mode) for part in maps]
        np.testing.assert_allclose(interpolate(maps, index, outside), expected, atol=1e-5)


def test_sampling_at_the_voxels_gives_the_volume_back() -> None:
    maps = rng().random((1, 9, 10, 11), dtype=np.float32)
    affine = np.array([[0, 2.0, 0, -3], [-2, 0, 0, 5], [0, 0, 4, 1], [0, 0, 0, 1]])
    index = np.indices((9, 10, 11))
    points = np.einsum("ab,bxyz->axyz", affine[:3, :3], index) + affine[:3, 3].reshape(3, 1, 1, 1)
    np.testing.assert_allclose(sample(maps, affine, points.astype(np.float32)), maps, atol=1e-5)
