"""Torch as everybody else finds it: its generator under named axes, its switches as they were."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from bench import seeds


def _cudnn() -> tuple[bool, bool, bool]:
    cudnn = torch.backends.cudnn
    return cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32


def _set_cudnn(was: tuple[bool, bool, bool]) -> None:
    cudnn = torch.backends.cudnn
    cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = was


_SWITCHES: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
    (_cudnn, _set_cudnn),
)
"""What a plugin may switch for itself, with the way to put it back."""


@contextmanager
def seeded_torch(*axes: str | int) -> Iterator[None]:
    """Torch's global generator (initial weights, library code) seeded by named axes.

    Generator and switches are restored afterwards: what comes next must not depend on whether this was run or found in
    the cache.
    """
    before = [read() for read, _ in _SWITCHES]
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seeds.seed(*axes))
            yield
    finally:
        for (read, write), was in zip(_SWITCHES, before, strict=True):
            if read() != was:
                write(was)
