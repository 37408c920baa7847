"""What crosses the hospital's wall."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, overload

from jaxtyping import Float
from torch import Tensor

T = TypeVar("T")

Probabilities = Float[Tensor, "class depth height width"]
"""Soft segmentation of one scan, in [0, 1], summing to 1 over classes unless a method says otherwise."""


@dataclass(frozen=True, eq=False)
class Release:
    """What leaves the hospital for one scan: its queries and nothing else.

    Attributes:
        queries: the encoded images, one per query.
        piece: edge in voxels of the cubes that were protected one by one, or None for a whole volume at once.
            It is public: the server must cut the same way.
    """

    queries: Float[Tensor, "query channel depth height width"]
    piece: int | None = None

    def __len__(self) -> int:
        return len(self.queries)

    def first(self, count: int) -> "Release":
        """The release that a client with a budget of `count` queries would have sent."""
        return replace(self, queries=self.queries[:count])


@dataclass(frozen=True, eq=False)
class Reply:
    """What the server sends back for one release: a soft map for every query, values in [0, 1]."""

    maps: Float[Tensor, "query class depth height width"]

    def __len__(self) -> int:
        return len(self.maps)

    def first(self, count: int) -> "Reply":
        """The reply to the first `count` queries."""
        return replace(self, maps=self.maps[:count])


class Lazy(Sequence[T], Generic[T]):
    """Items that are loaded when asked for: a transcript may be larger than memory."""

    def __init__(self, count: int, load: Callable[[int], T]) -> None:
        self._count, self._load = count, load

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> "Lazy[T]": ...

    def __getitem__(self, index: int | slice) -> "T | Lazy[T]":
        if isinstance(index, slice):
            chosen = range(self._count)[index]
            return Lazy(len(chosen), lambda i: self._load(chosen[i]))
        return self._load(range(self._count)[index])


@dataclass(frozen=True, eq=False)
class Transcript:
    """Everything that was seen on the wire for the test scans, in an order that tells nothing; or, while the server is
    trained, for some training scans.

    Attributes:
        releases: one per scan.
        replies: one per scan, or empty when no attack of the run may see them.
        labels: what is sent beside each release for the server to learn from, as maps like a reply's; empty but in
            training traffic.
    """

    releases: Sequence[Release]
    replies: Sequence[Reply] = ()
    labels: Sequence[Reply] = ()

    def __len__(self) -> int:
        return len(self.releases)

    def first(self, queries: int) -> "Transcript":
        """The transcript as an attacker with a budget of `queries` queries per scan sees it."""
        releases, replies, labels = self.releases, self.replies, self.labels
        return Transcript(
            Lazy(len(releases), lambda i: releases[i].first(queries)),
            Lazy(len(replies), lambda i: replies[i].first(queries)),
            Lazy(len(labels), lambda i: labels[i].first(queries)),
        )
