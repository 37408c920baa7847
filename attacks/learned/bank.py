"""Releases of the attacker's own scans under fresh keys, by the client's own code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor

from bench import seeds
from bench.attacks.learned.visits import another_person, another_visit
from bench.errors import BenchError
from bench.types.scan import Cohort
from bench.types.traffic import Release
from bench.view import ClientCode


@dataclass(frozen=True, eq=False)
class Own:
    """One release of an own scan.

    Attributes:
        look: see `look`.
        image: what is behind it.
        person, visit: numbers for whom it shows, and for the scan that it was made from.
    """

    look: Float[Tensor, "3 depth height width"]
    image: Float[Tensor, "1 depth height width"]
    person: int
    visit: int


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Bank:
    """Makes own releases, the same ones whenever it is asked.

    Attributes:
        own: the attacker's scans.
        client: the client's code.
        keys: releases of every scan, each under a fresh key; the first shows the scan as it is, the others made-up
            visits, so that no two show identical voxels even where a defense has no key.
        invented: made-up people beside every real one; numbered after the real ones.
        axes: seed axes of keys, visits and people.
    """

    own: Cohort
    client: ClientCode
    keys: int
    invented: int
    axes: tuple[str | int, ...]

    def __post_init__(self) -> None:
        if self.keys < 1 or self.invented < 0:
            raise ValueError(f"keys must be >= 1 and invented >= 0, got {self.keys} and {self.invented}")

    def __iter__(self) -> Iterator[Own]:
        """All of them, one after the other.

        Raises:
            BenchError: the attacker has no scan, or a release does not have the scan's grid.
        """
        if not self.own.scans:
            raise BenchError("the attacker has no scan to learn from; choose other roles or shares")
        names, spacing = self.own.subjects, self.own.spacing_mm
        for copy in range(1 + self.invented):
            for number, scan in enumerate(self.own):
                shape = scan.image
                if copy:  # all visits of a made-up person under the same warp
                    shape = another_person(shape, spacing, seeds.generator(*self.axes, "person", scan.subject, copy))
                for key in range(self.keys):
                    axes = (*self.axes, scan.name, copy, key)
                    image = another_visit(shape, spacing, seeds.generator(*axes, "visit")) if key else shape
                    release = self.client(replace(scan, image=image.contiguous()), seeds.generator(*axes, "key"))
                    yield Own(
                        look=look(release, self.own.shape),
                        image=image,
                        person=copy * len(names) + names.index(scan.subject),
                        visit=copy * len(self.own) + number,
                    )


def look(release: Release, shape: Sequence[int]) -> Float[Tensor, "3 depth height width"]:
    """A release as networks get it: mean of its queries, mean of their magnitudes, standard deviation over them.

    Magnitudes are the queries themselves unless a defense hides signs; the deviation is 0 for a single query.

    Raises:
        BenchError: it does not have the grid of a scan.
    """
    queries = release.queries.float().mean(dim=1)
    if tuple(queries.shape[1:]) != tuple(shape):
        raise BenchError(
            f"releases of {tuple(queries.shape[1:])} voxels, scans of {tuple(shape)}: this attack needs one grid"
        )
    return torch.stack([queries.mean(dim=0), queries.abs().mean(dim=0), queries.std(dim=0, correction=0)])
