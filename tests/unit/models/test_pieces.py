"""Cutting into cubes and pasting them together again."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.models.pieces import counts, cut, paste

sides = st.integers(3, 11)


@given(sides, sides, sides, st.integers(2, 6), st.integers(1, 3), st.integers(1, 2))
def test_paste_undoes_cut(d: int, h: int, w: int, edge: int, batch: int, channel: int) -> None:
    volume = torch.rand(batch, channel, d, h, w)
    pieces = cut(volume, edge)
    assert pieces.shape[1:] == (channel, edge, edge, edge)
    assert torch.equal(paste(pieces, (d, h, w), edge), volume)


def test_the_second_piece_is_the_next_cube_along_the_last_axis() -> None:
    volume = torch.arange(64.0).reshape(1, 1, 4, 4, 4)
    assert torch.equal(cut(volume, 2)[1, 0], volume[0, 0, :2, :2, 2:])


def test_no_edge_means_the_whole_volume() -> None:
    volume = torch.rand(2, 1, 3, 4, 5)
    assert cut(volume, None) is volume
    assert paste(volume, (3, 4, 5), None) is volume
    assert counts((3, 4, 5), None) == (1, 1, 1)
