"""Noise levels against published numbers."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from bench.attacks.separation.schedules import geometric_sigmas, karras_sigmas, shell_overlap


def test_basis_levels_fall_by_1_668() -> None:
    sigmas = geometric_sigmas()
    assert (sigmas[0], len(sigmas)) == (1.0, 10)
    assert sigmas[-1] == pytest.approx(0.01)
    assert {round(above / below, 3) for above, below in pairwise(sigmas)} == {1.668}


def test_edm_levels_follow_eq_5() -> None:
    sigmas = karras_sigmas(80.0, 0.002, 3, rho=7.0)
    middle = ((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7
    assert sigmas == pytest.approx((80.0, middle, 0.002))


@pytest.mark.parametrize(("dimension", "ratio"), [(3 * 32**2, 1.0398), (3 * 64**2, 1.0195)])
def test_half_a_shell_is_within_reach_at_the_recommended_ratio(dimension: int, ratio: float) -> None:
    # sqrt(2 D) / (sqrt(2 D) - 3) by hand
    assert shell_overlap(dimension, ratio) == pytest.approx(0.5, abs=0.01)


def test_ten_levels_overlap_in_the_plane_and_not_in_a_cube_of_32() -> None:
    ratio = 100 ** (1 / 9)
    assert shell_overlap(2, ratio) > 0.99
    assert shell_overlap(32**3, ratio) < 1e-12


@pytest.mark.parametrize("call", [lambda: geometric_sigmas(0.1, 1.0), lambda: karras_sigmas(1.0, 0.1, 1)])
def test_levels_without_meaning_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"levels must fall|at least 2 levels"):
        call()
