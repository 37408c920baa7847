"""Releases, replies, transcripts."""

import pytest
import torch

from bench.types.traffic import Lazy, Release, Reply, Transcript


def test_items_are_loaded_only_when_asked_for() -> None:
    loaded = []

    def load(index: int) -> int:
        loaded.append(index)
        return index

    part = Lazy(10, load)[2:8]
    assert loaded == []
    assert part[1] == 3
    assert loaded == [3]


def test_a_budget_cuts_every_release() -> None:
    whole = Transcript(Lazy(3, lambda index: Release(torch.full((5, 1, 2, 2, 2), float(index)))))
    first = whole.first(2)
    assert [len(release) for release in first.releases] == [2, 2, 2]
    assert float(first.releases[2].queries.mean()) == 2


def test_lazy_sequences_slice_iterate_and_count_from_the_end() -> None:
    squares = Lazy(5, lambda index: index * index)
    assert list(squares) == [0, 1, 4, 9, 16]
    assert squares[-1] == 16
    assert list(squares[1:4:2]) == [1, 9]
    with pytest.raises(IndexError):
        squares[5]


def test_first_keeps_the_piece() -> None:
    assert Release(torch.zeros(5, 1, 2, 2, 2), piece=4).first(1).piece == 4
    assert len(Reply(torch.zeros(5, 2, 2, 2, 2)).first(3)) == 3
