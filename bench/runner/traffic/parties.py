"""Client and server as separate objects: neither holds what the other one keeps."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.defense import Defense, SelfChecked
from bench.runner.traffic import wire
from bench.runner.traffic.answer import Answer
from bench.runner.traffic.contract import checked_release, checked_reply, held_to
from bench.types.scan import Scan
from bench.types.traffic import Probabilities, Release


@dataclass(eq=False)
class Stopwatch:
    """Seconds per call of one party, GPU work included."""

    device: torch.device
    seconds: list[float] = field(default_factory=list)

    def __enter__(self) -> None:
        self._synchronize()
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._synchronize()
        self.seconds.append(time.perf_counter() - self._started)

    def _synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


@dataclass(frozen=True, eq=False)
class SentRelease:
    """A release on the wire."""

    queries: np.ndarray
    piece: int | None


class Client:
    """The hospital: scans, keys, references and the client's network.

    Args:
        secret: what keys and the order of a transcript are drawn from beside the public seed, see `data_secret`.
    """

    def __init__(
        self,
        defense: Defense[Any],
        network: nn.Module,
        references: Sequence[Scan],
        device: torch.device,
        secret: str = "",
    ) -> None:
        self.defense, self.network, self.references, self.device = defense, network, references, device
        self.secret = secret
        self.protecting, self.recovering = Stopwatch(device), Stopwatch(device)

    def turned_to(self, defense: Defense[Any]) -> "Client":
        """The same hospital with another setting of its defense."""
        return Client(defense, self.network, self.references, self.device, self.secret)

    def draw_key(self, rng: np.random.Generator) -> Any:
        """A fresh secret."""
        with held_to(self.defense, "draw_key"):
            return self.defense.draw_key(rng, self.references)

    def protect(self, scan: Scan, key: Any) -> SentRelease:
        """What leaves the hospital for `scan`."""
        image = scan.image.to(self.device)
        with torch.inference_mode(), self.protecting, held_to(self.defense, "protect"):
            found = self.defense.protect(image, key, self.network)
        release = checked_release(self.defense, found)  # after the clock has stopped
        return SentRelease(wire.encode(release.queries), release.piece)

    def recover(self, reply: np.ndarray, key: Any, queries: int | None = None) -> Probabilities:
        """The segmentation from the server's answer to the first `queries` queries (None: all)."""
        with self.recovering:
            recovered = self.answer(reply[:queries], key).recover()
        return recovered

    def answer(self, reply: np.ndarray, key: Any) -> Answer:
        """The server's answer, to be read more than once."""
        return Answer(self.defense, self.network, reply, key, self.device)

    def self_checks(self, scan: Scan, key: Any) -> Mapping[str, float]:
        """What the defense measures of its own mechanism; nothing for most."""
        if not isinstance(self.defense, SelfChecked):
            return {}
        with torch.inference_mode():
            return self.defense.self_checks(replace(scan, image=scan.image.to(self.device)), key, self.network)


class Server:
    """The cloud: the segmentation network and what it is sent."""

    def __init__(self, defense: Defense[Any], network: nn.Module, device: torch.device) -> None:
        self.defense, self.network, self.device = defense, network, device
        self.serving = Stopwatch(device)

    def serve(self, release: SentRelease) -> np.ndarray:
        """The answer, as sent back."""
        queries = wire.decode(release.queries, self.device)
        with torch.inference_mode(), self.serving:
            with held_to(self.defense, "serve"):
                found = self.defense.serve(Release(queries, release.piece), self.network)
            reply = checked_reply(self.defense, found, len(queries))
        return wire.encode(reply.maps)
