"""The state of a training run on disk: written by atomic rename, read without executing pickled code."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.atomic import replacing
from bench.errors import BenchError

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Everything that decides how training goes on.

    Attributes:
        step: completed steps.
        seconds: time spent training so far, over all sessions.
        modules, optimizers, averages: state dicts by phase name.
        pending: sums of loss terms since the last history entry, with their count under the empty name.
        history: the serialised `History`.
    """

    step: int
    seconds: float
    modules: dict[str, Any]
    optimizers: dict[str, Any]
    averages: dict[str, Any]
    pending: dict[str, torch.Tensor]
    history: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write so that a crash leaves either the old or the new state."""
    with replacing(path) as temporary:
        torch.save({"format": _FORMAT, **vars(checkpoint)}, temporary)


def load_checkpoint(path: Path, device: torch.device) -> Checkpoint | None:
    """The state in `path`, or None if there is none.

    Raises:
        BenchError: the file is damaged or of another format.
    """
    if not path.exists():
        return None
    try:
        raw = torch.load(path, map_location=device, weights_only=True)
    except torch.OutOfMemoryError:  # a RuntimeError, too, but no fault of the file
        raise
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise BenchError(
            f"cannot read checkpoint {path} ({type(error).__name__}); delete it to train afresh"
        ) from error
    if not isinstance(raw, dict) or raw.pop("format", None) != _FORMAT:
        raise BenchError(f"checkpoint {path} has another format; delete it to train afresh")
    return Checkpoint(**raw)
