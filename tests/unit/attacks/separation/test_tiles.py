"""Cubes that cover a volume."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.attacks.separation.tiles import cut, places, stitched

SIDES = st.integers(4, 21)


@settings(deadline=None, max_examples=30)
@given(shape=st.tuples(SIDES, SIDES, SIDES), edge=st.integers(4, 9))
def test_what_is_cut_is_stitched_again(shape: tuple[int, int, int], edge: int) -> None:
    volume = torch.rand(1, 1, *shape)
    where = places(shape, edge)
    tiles = cut(volume, where)
    assert tuple(tiles.shape[3:]) == tuple(min(edge, side) for side in shape)
    torch.testing.assert_close(stitched(tiles[:, 0], where, shape), volume[0])


def test_neighbours_share_a_quarter_and_the_last_stays_inside() -> None:
    starts = sorted({place[0].start for place in places((20, 8, 8), 8)})
    assert starts == [0, 6, 12]


def test_where_cubes_overlap_their_mean_counts() -> None:
    where = places((14, 8, 8), 8)
    tiles = torch.stack([torch.full((1, 8, 8, 8), float(value)) for value in range(len(where))])
    joined = stitched(tiles, where, (14, 8, 8))[0, :, 0, 0]
    assert joined.tolist() == [0.0] * 6 + [0.5] * 2 + [1.0] * 6
