"""Filters against scans: known answers, and that atlas, offset and scale do not matter."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics.matched_filter import filter_matrix

SHAPE = (5, 6, 7)


def _draw(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, *SHAPE, generator=torch.Generator().manual_seed(seed))


def test_three_voxels_by_hand() -> None:
    """Atlas and constant take two of three directions: what is left of everything is (1, -2, 1) times a number."""
    atlas = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)
    filters = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 2.0, 3.0]]).reshape(3, 1, 1, 1, 3)
    scans = torch.tensor([[1.0, 1.0, 2.0], [0.0, 3.0, 1.0]]).reshape(2, 1, 1, 1, 3)
    expected = torch.tensor([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]])
    torch.testing.assert_close(filter_matrix(filters, scans, atlas), expected, atol=1e-6, rtol=0)


def test_a_scan_is_the_best_filter_for_itself() -> None:
    scans, atlas = _draw(4), _draw(1, 1)[0]
    found = filter_matrix(scans, scans, atlas)
    torch.testing.assert_close(found.diagonal(), torch.ones(4))
    assert bool((found - torch.eye(4) < 0.9).all())


@given(scale=st.floats(0.1, 10), of_atlas=st.floats(-5, 5), offset=st.floats(-5, 5))
def test_atlas_offset_and_scale_do_not_matter(scale: float, of_atlas: float, offset: float) -> None:
    filters, scans, atlas = _draw(2), _draw(3, 1), _draw(1, 2)[0]
    expected = filter_matrix(filters, scans, atlas)
    changed = scale * filters + of_atlas * atlas + offset
    torch.testing.assert_close(filter_matrix(changed, scans, atlas), expected, atol=1e-4, rtol=0)


def test_empty_space_does_not_matter() -> None:
    filters, scans, atlas = _draw(2), _draw(3, 1), _draw(1, 2)[0]
    room = (0, 3, 0, 0, 2, 0)
    wide = [torch.nn.functional.pad(volumes, room) for volumes in (filters, scans, atlas)]
    torch.testing.assert_close(filter_matrix(*wide), filter_matrix(filters, scans, atlas))


@pytest.mark.parametrize("nothing", [0.0, 3.0])
def test_what_tells_nothing_correlates_with_nobody(nothing: float) -> None:
    filters = torch.full((1, 1, *SHAPE), nothing)
    assert float(filter_matrix(filters, _draw(3), _draw(1, 1)[0]).abs().max()) < 1e-6
