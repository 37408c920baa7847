"""Fifteen queries handed to `predict` at once against fifteen calls."""

from collections.abc import Iterator

import torch

from bench.models.inference import predict
from bench.models.unetpp import UNetPlusPlus
from benchmarks.timing import Row, side_by_side

QUERIES, PAIRS, WIDTHS = 15, 5, (8, 16, 32)


def measure() -> Iterator[Row]:
    """Cubes of the size that defenses send, and whole volumes."""
    torch.manual_seed(0)
    network = UNetPlusPlus(1, 4, WIDTHS).eval()
    for shape in ((16, 16, 16), (32, 32, 32), (56, 68, 56)):
        volumes = torch.rand(QUERIES, 1, *shape)

        def ours(volumes: torch.Tensor = volumes) -> None:
            predict(network, volumes)

        def theirs(volumes: torch.Tensor = volumes) -> None:
            for volume in volumes:
                predict(network, volume[None])

        ours()
        theirs()
        times = side_by_side(ours, theirs, PAIRS)
        size = "x".join(map(str, shape))
        yield Row(f"{QUERIES} queries of {size}", times[0], f"{QUERIES} single calls", times[1])
