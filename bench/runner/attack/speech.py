"""How the suite and an attack in a process of its own talk: frames of a JSON line and bytes.

The suite never unpickles what the attack's process says; the attack's process unpickles what the suite grants it.
"""

import io
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import torch

from bench.types.scan import Scan

_LENGTHS = struct.Struct("!IQ")
_LONGEST_HEAD = 1 << 20
_SCAN_FIELDS = ("image", "labels", "subject", "family", "session", "simulated")


@dataclass(frozen=True)
class Message:
    """One thing said.

    Attributes:
        head: JSON values, with the word under `say`.
        body: bytes whose meaning the word decides.
    """

    head: Mapping[str, Any]
    body: bytes = field(default=b"", repr=False)

    @property
    def word(self) -> str:
        """What kind of message this is."""
        return str(self.head.get("say"))


def speak(stream: BinaryIO, word: str, body: bytes = b"", **head: Any) -> None:
    """Send one message."""
    line = json.dumps({"say": word, **head}).encode()
    stream.write(_LENGTHS.pack(len(line), len(body)))
    stream.write(line)
    stream.write(body)
    stream.flush()


def listen(stream: BinaryIO) -> Message | None:
    """The next message; None if the other side is gone.

    Raises:
        ValueError: this is no message.
    """
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack(lengths)
    if head > _LONGEST_HEAD:
        raise ValueError(f"a message whose head has {head} bytes")
    line, content = stream.read(head), stream.read(body)
    if len(line) < head or len(content) < body:
        return None
    parsed = json.loads(line)
    if not isinstance(parsed, dict):
        raise ValueError(f"a message whose head is {type(parsed).__name__}")
    return Message(parsed, content)


def pack_question(scan: Scan, rng: np.random.Generator) -> bytes:
    """A scan of the attacker's and the state of its generator, for the client's code.

    Raises:
        TypeError: the generator is none of `bench.seeds`.
    """
    state = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise TypeError(f"view.client takes a generator of bench.seeds (PCG64), got {state['bit_generator']}")
    stream = io.BytesIO()
    torch.save({"rng": json.dumps(state), **{name: getattr(scan, name) for name in _SCAN_FIELDS}}, stream)
    return stream.getvalue()


def unpack_question(body: bytes) -> tuple[Scan, np.random.Generator]:
    """What `pack_question` packed; nothing in it is run."""
    content = torch.load(io.BytesIO(body), weights_only=True)
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = json.loads(content["rng"])
    return Scan(**{name: content[name] for name in _SCAN_FIELDS}), rng
