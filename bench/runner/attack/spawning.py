"""Processes that `multiprocessing` spawns, announced: Python raises no audit event for them.

They begin afresh, without the guard. Forked ones keep it.
"""

import os
import re
import subprocess  # noqa: F401 - it keeps the way for itself, if it is loaded before
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SPAWN = "unveil.spawn"
"""The audit event, with the command."""
_TRACKER = re.compile(rb"from multiprocessing\.resource_tracker import main;main\(\d+\)")
"""What Python starts beside a piece of shared memory, to clear it away."""


@contextmanager
def spawns_announced() -> Iterator[None]:
    """Raise `SPAWN` before any Python code in this process starts a program by the way that `multiprocessing` takes.

    `subprocess` has an event of its own, and keeps it.
    """
    try:
        import _posixsubprocess
    except ImportError:  # Windows: `_winapi.CreateProcess` raises an event by itself
        yield
        return
    start = _posixsubprocess.fork_exec
    _posixsubprocess.fork_exec = _announcing(start)
    try:
        yield
    finally:
        _posixsubprocess.fork_exec = start


def harmless(command: Sequence[Any]) -> bool:
    """Whether it is a program of Python's own that runs nothing of its caller's."""
    words = [os.fsencode(word) for word in command if isinstance(word, str | bytes)]
    return len(words) > 2 and words[-2] == b"-c" and _TRACKER.fullmatch(words[-1]) is not None


def _announcing(start: Callable[..., int]) -> Callable[..., int]:
    def announced(*args: Any) -> int:
        sys.audit(SPAWN, args[0] if args else ())
        return start(*args)

    return announced
