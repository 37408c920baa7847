"""Laws of displacements."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.warp import VISIT_SCALES, Pose, axes_mm, compose, draw_displacement, points_mm, sample
from bench.dataset import Grid

GRID = Grid((17, 19, 18), 9.0)
AXES = axes_mm(GRID)
POINTS = points_mm(AXES)
angles = st.floats(-15, 15)
shifts = st.floats(-9, 9)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_nothing_before_or_after_a_displacement_leaves_it(seed: int) -> None:
    u = draw_displacement(np.random.default_rng(seed), AXES, 2.0, VISIT_SCALES)
    nothing = np.zeros_like(u)
    np.testing.assert_allclose(compose(nothing, u, GRID), u, atol=1e-4)
    np.testing.assert_allclose(compose(u, nothing, GRID), u, atol=1e-6)


@settings(deadline=None, max_examples=30)
@given(rotation=st.tuples(angles, angles, angles), shift=st.tuples(shifts, shifts, shifts))
def test_rigid_poses_keep_distances(rotation: tuple[float, float, float], shift: tuple[float, float, float]) -> None:
    moved = (POINTS + Pose(rotation, shift).displacement(POINTS)).reshape(3, -1)
    flat = POINTS.reshape(3, -1)
    before = np.linalg.norm(flat - flat[:, :1], axis=0)
    np.testing.assert_allclose(np.linalg.norm(moved - moved[:, :1], axis=0), before, atol=1e-3)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), gradient=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)))
def test_a_linear_image_is_sampled_exactly_wherever_the_warp_leads(
    seed: int, gradient: tuple[float, float, float]
) -> None:
    u = draw_displacement(np.random.default_rng(seed), AXES, 2.0, VISIT_SCALES)
    affine = np.diag([9.0, 9, 9, 1])
    affine[:3, 3] = POINTS[:, 0, 0, 0]
    slope = np.asarray(gradient, np.float32)
    image = np.tensordot(slope, POINTS, axes=1)
    inner = np.s_[2:-2, 2:-2, 2:-2]
    expected = np.tensordot(slope, POINTS + u, axes=1)
    np.testing.assert_allclose(sample(image[None], affine, POINTS + u)[0][inner], expected[inner], atol=1e-2)
