"""Finished scans on disk, so that a long separation goes on where it was stopped."""

import os
from dataclasses import asdict
from pathlib import Path

import torch

from bench.attacks.separation.separator import Finished, Trace


def keep(done: Finished, path: Path) -> None:
    """Put away by atomic rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    torch.save(asdict(done), temporary)
    os.replace(temporary, path)


def kept(path: Path) -> Finished | None:
    """What lies there, if anything."""
    if not path.exists():
        return None
    found = torch.load(path, weights_only=True)
    traces = {name: Trace(**trace) for name, trace in found.pop("traces").items()}
    return Finished(traces=traces, **found)
