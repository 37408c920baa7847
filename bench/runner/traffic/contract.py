"""What a defense hands over, looked at where it is handed over: a wrong answer must not become a measurement."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from bench.blame import place_of
from bench.defense import Defense, Networks
from bench.errors import BenchError, DivergedError, InterruptedTraining
from bench.types.scan import Scan
from bench.types.traffic import Release, Reply

LARGEST = torch.finfo(torch.float16).max
"""Of a value that is sent: the wire is half precision."""
SLACK = 1e-3
"""By how much a soft map may leave [0, 1]: rounding."""


@contextmanager
def held_to(defense: Defense[Any], method: str) -> Iterator[None]:
    """Whatever the method of a plugin raises becomes one line that says where; our own errors keep their traceback.

    Raises:
        BenchError: it raised something that is no message yet.
    """
    try:
        yield
    except (BenchError, DivergedError, InterruptedTraining, OSError):
        raise
    except Exception as error:
        if type(defense).__module__.startswith("bench."):
            raise
        said = " ".join(str(error).split())
        raise BenchError(
            f"defense {defense.name}: {method} ended in {type(error).__name__}: {said}{place_of(error, type(defense))}"
        ) from error


def checked_networks(defense: Defense[Any], found: object) -> Networks:
    """What `fit` left behind.

    Raises:
        BenchError: that is something else.
    """
    if not isinstance(found, Networks):
        raise BenchError(f"defense {defense.name}: fit must return Networks, got {type(found).__name__}")
    return found


def checked_release(defense: Defense[Any], found: object) -> Release:
    """What `protect` sends.

    Raises:
        BenchError: it cannot be sent.
    """
    if not isinstance(found, Release):
        raise BenchError(f"defense {defense.name}: protect must return a Release, got {type(found).__name__}")
    _check(defense, "protect", "queries", found.queries, "(query, channel, depth, height, width)", LARGEST)
    return found


def checked_reply(defense: Defense[Any], found: object, queries: int) -> Reply:
    """What `serve` answers to so many queries.

    Raises:
        BenchError: it is no soft map of every query.
    """
    if not isinstance(found, Reply):
        raise BenchError(f"defense {defense.name}: serve must return a Reply, got {type(found).__name__}")
    _check(defense, "serve", "maps", found.maps, "(query, class, depth, height, width)", math.inf)
    if len(found.maps) != queries:
        raise BenchError(f"defense {defense.name}: serve must answer every query, got {len(found.maps)} of {queries}")
    low, high = found.maps.min().item(), found.maps.max().item()
    if low < -SLACK or high > 1 + SLACK:
        raise BenchError(
            f"defense {defense.name}: serve must return soft maps in [0, 1], got values from {low:g} to {high:g} "
            "(logits? take their softmax)"
        )
    return found


def checked_probabilities(defense: Defense[Any], found: object, scan: Scan, classes: int) -> Tensor:
    """What `recover` makes of an answer for this scan.

    Raises:
        BenchError: it is no segmentation of the scan.
    """
    expected = (classes, *scan.labels.shape)
    if not isinstance(found, Tensor) or tuple(found.shape) != expected:
        got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise BenchError(f"defense {defense.name}: recover must return a tensor of the shape {expected}, got {got}")
    if not bool(found.isfinite().all()):
        raise BenchError(f"defense {defense.name}: recover must return finite values")
    return found


def _check(defense: Defense[Any], method: str, field: str, values: object, axes: str, largest: float) -> None:
    name = f"defense {defense.name}: {method} must return {field} as floats {axes}"
    if not isinstance(values, Tensor):
        raise BenchError(f"{name}, got {type(values).__name__}")
    if values.ndim != 5 or 0 in values.shape or not values.is_floating_point():
        raise BenchError(f"{name}, got the shape {tuple(values.shape)} of {values.dtype}")
    if not bool(values.isfinite().all()):
        raise BenchError(f"{name} that are finite, {int((~values.isfinite()).sum())} of {values.numel()} are not")
    if values.abs().max().item() > largest:
        raise BenchError(
            f"{name} up to {largest:g} in size, which is what half precision holds, got {values.abs().max().item():g}"
        )
