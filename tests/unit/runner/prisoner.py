"""A plugin file with an attack that does one of many things, alone in its process or not."""

import contextlib
import ctypes
import gc
import hashlib
import multiprocessing
import os
import signal
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from bench import seeds
from bench.attack import Attack
from bench.errors import BenchError
from bench.types.claim import Linkage
from bench.types.threat import Goal, Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Phase, Schedule

NOTHING = object()
BLIND = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))
ORACLE = ThreatModel(
    tier=Tier.ORACLE,
    observes=frozenset({Observes.RELEASE, Observes.REPLY}),
    knows=frozenset(Knows),
    owns=frozenset({Owns.AUXILIARY}),
    queries=1,
)


class _Card:
    """Every grant for an attack that says so."""

    def __get__(self, attack: Any, owner: type) -> ThreatModel:
        return ORACLE if attack is not None and attack.oracle else BLIND


class _Objective(nn.Module):
    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(3))
        self.folder = folder

    def forward(self, batch: Any, rng: torch.Generator) -> dict[str, Any]:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "started").write_text(str(os.getpid()))
        return {"loss": ((self.weight - batch) ** 2).sum()}


class _Noise:
    def draw(self, generator: torch.Generator) -> Any:
        return torch.rand(3, generator=generator)


@dataclass(frozen=True, kw_only=True)
class Prisoner(Attack):
    """Does the deed.

    Attributes:
        deed: which; `oracle`: with every grant on the card.
    """

    name: ClassVar[str] = "prisoner"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[Any] = _Card()

    deed: str = "guess"
    oracle: bool = False

    def run(self, view: Any, trainer: Any) -> Any:
        guess = Linkage(torch.rand(len(view.releases), len(view.releases)))
        claim = DEEDS[self.deed](view, trainer)
        return None if claim is NOTHING else claim or guess


def _raise(error: BaseException) -> None:
    raise error


def _work(view: Any, trainer: Any) -> Linkage:
    """Uses everything it is granted; the digest tells whether two runs saw the same."""
    digest = hashlib.sha256()
    rng = seeds.generator("prisoner", 1)
    seen = [*(release.queries for release in view.releases), *(reply.maps for reply in view.replies)]
    seen += [scan.image for scan in view.auxiliary] + [scan.image for scan in view.reference_pool]
    seen += [view.client(scan, rng).queries for scan in view.auxiliary.scans[:3]]
    seen += [weight for run in ("a", "b") for weight in view.training(view.auxiliary, run, 0.5).server.parameters()]
    seen += [view.server(torch.ones(1, 2)), torch.tensor(list(view.keys)), torch.rand(5)]
    objective = _Objective()
    trainer.fit("short", [Phase("short", objective, objective)], _Noise(), Schedule(iterations=5, learning_rate=0.1))
    seen += [objective.weight, torch.rand(5), torch.tensor(rng.random(3))]
    for tensor in seen:
        digest.update(tensor.detach().contiguous().numpy().tobytes())
    count = len(view.releases)
    return Linkage(torch.rand(count, count), {"digest": digest.hexdigest(), "axes": list(trainer.axes)})


def _dig(view: Any, trainer: Any) -> Linkage:
    """Lists whatever a process can find in itself."""
    list(view.releases)
    objects = gc.get_objects()
    inside = gc.get_referents(*objects)
    kinds = {f"{type(item).__module__}.{type(item).__name__}" for item in objects}
    strings = {item for item in [*objects, *inside] if type(item) is str}
    frame: Any = sys._getframe(1)  # not this one: it holds all that was found
    while frame is not None:
        strings |= {repr(value) for value in frame.f_locals.values()}
        frame = frame.f_back
    strings |= set(os.environ.values()) | set(sys.argv)
    secret = ("Scan", "Cohort", "Roles", "Traffic", "Client", "Server", "Shells", "KeyFor", "Transcript")
    modules = (
        "bench.runner.traffic.recording",
        "bench.runner.traffic.parties",
        "bench.runner.attack.attacking",
        "bench.defenses.",
        "bench.data.",
    )
    count = len(view.releases)
    return Linkage(
        torch.rand(count, count),
        {
            "objects": len(objects),
            "secret objects": sorted(kind for kind in kinds if kind.rpartition(".")[2] in secret),
            "secret modules": sorted(name for name in sys.modules if name.startswith(modules)),
            "names of people": sorted(text for text in strings if "person1" in text or "person2" in text),
            "arguments": list(sys.orig_argv),
            "paths": " ".join(sorted(text for text in strings if "/" in text)),
        },
    )


def _sly(view: Any) -> None:
    with contextlib.suppress(RuntimeError):
        view.keys  # noqa: B018 - the touch is the deed


def _spin() -> None:
    while True:
        pass


def _stubborn() -> None:
    """Catches what interrupts it, a few times."""
    ends = time.monotonic() + 3
    while time.monotonic() < ends:
        try:
            time.sleep(10)
        except BaseException:  # noqa: BLE001 - stubborn
            continue


def _deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _spin()


def _pipe() -> int:
    """The file descriptor of the way to the suite: the pipe that is neither 0, 1 nor 2 and takes bytes."""
    for fd in range(3, 64):
        try:
            if os.readlink(f"/proc/self/fd/{fd}").startswith("pipe:"):
                os.write(fd, b"")
                return fd
        except OSError:
            continue
    raise AssertionError


def _forge() -> None:
    head = b'{"say": "ask", "field": "keys", "index": 0}'
    os.write(_pipe(), struct.pack("!IQ", len(head), 0) + head)
    time.sleep(30)


def _babble() -> None:
    os.write(_pipe(), b"\xff" * 64)
    time.sleep(30)


def _train_long(trainer: Any) -> None:
    objective = _Objective(trainer.folder)
    schedule = Schedule(iterations=10_000_000, learning_rate=0.1)
    trainer.fit("long", [Phase("long", objective, objective)], _Noise(), schedule)


DEEDS: dict[str, Any] = {
    "guess": lambda view, trainer: None,
    "work": _work,
    "dig": _dig,
    "nan": lambda view, trainer: Linkage(torch.full((len(view.releases), len(view.releases)), float("nan"))),
    "shape": lambda view, trainer: Linkage(torch.zeros(3, 3)),
    "nothing": lambda view, trainer: NOTHING,
    "raise": lambda view, trainer: _raise(RuntimeError("out of ideas")),
    "keys": lambda view, trainer: view.keys,
    "sly keys": lambda view, trainer: _sly(view),
    "leave": lambda view, trainer: sys.exit(0),
    "mend": lambda view, trainer: _raise(BenchError("checkpoint is damaged; delete it")),
    "trespass": lambda view, trainer: list((Path(__file__).parents[1] / "metrics").iterdir()),
    "spawn": lambda view, trainer: multiprocessing.get_context("spawn").Process(target=print).start(),
    "segfault": lambda view, trainer: ctypes.memset(0, 0, 1),
    "exit": lambda view, trainer: os._exit(7),
    "kill": lambda view, trainer: os.kill(os.getpid(), signal.SIGKILL),
    "interrupt": lambda view, trainer: signal.raise_signal(signal.SIGINT),
    "forge": lambda view, trainer: _forge(),
    "babble": lambda view, trainer: _babble(),
    "sleep": lambda view, trainer: time.sleep(60),
    "spin": lambda view, trainer: _spin(),
    "stubborn": lambda view, trainer: _stubborn(),
    "deaf": lambda view, trainer: _deaf(),
    "train long": lambda view, trainer: _train_long(trainer),
}
