"""Releases that were mixed cube by cube: every cube is a mixture with an alpha and references of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor

from bench.errors import BenchError
from bench.models.pieces import counts, cut, paste
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Release

ALIKE = 1e-6
"""Variance of a voxel between the attacker's own scans, on average over a cube, below which there is only air."""


@final
@dataclass(frozen=True, eq=False)
class Place:
    """The part of everything that was mixed together: a whole volume, or the cubes of all scans at one place.

    Attributes:
        own: the attacker's scans there.
        queries: what was sent there, release by release, averaged over channels.
    """

    own: Cohort
    queries: Sequence[Float[Tensor, "_query 1 depth height width"]]


@final
@dataclass(frozen=True, eq=False)
class Solved:
    """What an attack makes of one place.

    Attributes:
        images: one a release.
        details: for the record.
    """

    images: Float[Tensor, "scan 1 depth height width"]
    details: dict[str, Any]


def solve_everywhere(own: Cohort, releases: Sequence[Release], solve: Callable[[Place], Solved]) -> Solved:
    """`solve` for the whole volume, or for every place where cubes were mixed, put together again.

    A place where the attacker's own scans do not differ, such as the air around a head, tells nothing about anybody:
    what was sent there is taken as it is. Details of several places come as lists, with an entry for each that was
    solved.

    Args:
        own: on the grid of the releases.

    Raises:
        BenchError: releases were cut in different ways.
    """
    edges = {release.piece for release in releases}
    if len(edges) > 1:
        raise BenchError(f"releases were cut into cubes of different edges ({sorted(edges, key=str)}); one is needed")
    edge = edges.pop()
    queries = [release.queries.float().mean(dim=1, keepdim=True) for release in releases]
    if edge is None:
        return solve(Place(own, queries))
    count = int(torch.tensor(counts(own.shape, edge)).prod())
    sent = [cut(query, edge).reshape(len(query), count, 1, edge, edge, edge) for query in queries]
    scans = [(cut(scan.image[None], edge), cut(scan.labels[None, None].float(), edge)[:, 0].byte()) for scan in own]
    images, details = [], []
    for place in range(count):
        here = Place(
            own.only(tuple(_cropped(scan, *cubes, place) for scan, cubes in zip(own, scans, strict=True))),
            [cubes[:, place] for cubes in sent],
        )
        if _differ(here.own):
            solved = solve(here)
            details.append(solved.details)
            images.append(solved.images)
        else:
            images.append(torch.stack([query.mean(dim=0) for query in here.queries]))
    whole = paste(torch.stack(images, dim=1).flatten(0, 1), own.shape, edge)
    return Solved(whole, {name: [one[name] for one in details] for name in (details[0] if details else ())})


def _cropped(scan: Scan, images: Tensor, labels: Tensor, place: int) -> Scan:
    return replace(scan, image=images[place], labels=labels[place])


def _differ(own: Cohort) -> bool:
    return float(torch.stack([scan.image for scan in own]).var(dim=0).mean()) > ALIKE
