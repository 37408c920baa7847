"""Torch's global generator under named axes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from bench import seeds


@contextmanager
def seeded_torch(*axes: str | int) -> Iterator[None]:
    """Torch's global generator (initial weights, library code) seeded by named axes, and restored afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seeds.seed(*axes))
        yield
