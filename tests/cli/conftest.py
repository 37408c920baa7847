"""Running the command as a user does, in its own process, on a cell of seconds."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Bench = Callable[..., "subprocess.CompletedProcess[str]"]

TINY = [
    "--preset",
    "smoke",
    "--set",
    "subjects=24",
    "--set",
    "iterations=12",
    "--set",
    "utility_subjects=5",
    "--device",
    "cpu",
]
"""Options of a cell that takes seconds once the phantom is cached."""


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child: one thread, no colours, wide lines."""
    return os.environ | {"OMP_NUM_THREADS": "1", "NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"} | changes


@pytest.fixture(scope="session")
def bench() -> Bench:
    """`bench(*words)` runs the command and returns what it printed."""

    def call(*words: str | Path, **changes: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "bench", *map(str, words)],
            env=environment(**changes),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return call
