"""Ctrl-C stays a Ctrl-C, whatever the library that it hit made of it.

An interrupt inside compiled code can come out as that code's own error: pydantic turns one into a `SchemaError` about
a schema that is fine. Nobody may read that as a crash, least of all as the failure of an attack.
"""

import signal
from dataclasses import dataclass
from types import FrameType


@dataclass
class _Ear:
    heard: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.heard = True
        signal.default_int_handler(number, frame)


_ear = _Ear()


def listen() -> None:
    """Remember from here on that SIGINT came. It is still raised as `KeyboardInterrupt`. Main thread only."""
    signal.signal(signal.SIGINT, _ear)


def heard() -> bool:
    """Whether SIGINT came to this process since `listen`."""
    return _ear.heard
