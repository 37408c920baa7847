"""The process of an isolated attack, started by `isolation` as `python -m bench.runner.attack.cage`."""

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
import torch

from bench import seeds
from bench.attack import Attack
from bench.errors import BenchError, InterruptedTraining
from bench.progress import Display
from bench.registry import Registry
from bench.runner.attack.authors import Authors
from bench.runner.attack.claims import packed
from bench.runner.attack.confinement import reason_for
from bench.runner.attack.guard import Watch, watching
from bench.runner.attack.learning import AttackTrainer, folders
from bench.runner.attack.order import Order
from bench.runner.attack.speech import Message, listen, pack_question, speak
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer
from bench.types.scan import Scan
from bench.types.traffic import Lazy, Release
from bench.view import AttackerView, TrainingCode


class Suite:
    """The other side: answers questions about granted fields."""

    def __init__(self, hearing: BinaryIO, speaking: BinaryIO) -> None:
        self.hearing, self.speaking = hearing, speaking
        self._one_at_a_time = threading.Lock()
        self._process = os.getpid()

    def next(self) -> Message:
        """What it says next; ends this process if it is gone."""
        message = listen(self.hearing)
        if message is None:
            os._exit(1)
        return message

    def ask(self, field: str, index: int | None = None, body: bytes = b"") -> Any:
        """One answer.

        Raises:
            Exception: what went wrong on the other side, e.g. `GrantError`.
        """
        if os.getpid() != self._process:
            raise RuntimeError(f"view.{field} answers the attack's own process only; load it before starting workers")
        with self._one_at_a_time:
            speak(self.speaking, "ask", body, field=field, index=index)
            message = self.next()
        answer = pickle.loads(message.body)  # noqa: S301 - the suite's own word
        if message.word == "refusal":
            raise answer
        return answer


class Granted(Mapping[str, Any]):
    """The granted fields, fetched when first touched."""

    def __init__(self, suite: Suite, order: Order, trainer: FabricTrainer) -> None:
        self._suite, self._names = suite, order.granted
        self._order, self._trainer = order, trainer
        self._known: dict[str, Any] = {
            name: Lazy(count, lambda index, name=name: suite.ask(name, index))  # type: ignore[misc]
            for name, count in order.sequences.items()
        }

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = self._fetch(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names  # asking whether it is there must not fetch it

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def _fetch(self, name: str) -> Any:
        if name == "client":
            return self._client
        return self._training() if name == "training" else self._suite.ask(name)

    def _training(self) -> TrainingCode:
        """Runs here, so that stopping and time limits reach it; what it is made of is public."""
        from bench.runner.attack.public_training import PublicTraining

        assert self._order.defense is not None, "the card grants no training"
        defense, references = pickle.loads(self._order.defense)  # noqa: S301 - the suite's own word
        return PublicTraining.of(defense, self._trainer, self._order.shelves, references=references)

    def _client(self, scan: Scan, rng: np.random.Generator) -> Release:
        release, state = self._suite.ask("client", None, pack_question(scan, rng))
        rng.bit_generator.state = state
        found: Release = release
        return found


def attack_as_told(suite: Suite, order: Order) -> bytes:
    """The packed claim."""
    torch.set_num_threads(order.threads)
    cls = Registry(order.plugins).find("attacks", order.attack).load()
    attack = cls(**order.settings)
    assert isinstance(attack, Attack)
    fabric = make_fabric(_device(order.device), order.precision)
    trainer = FabricTrainer(fabric, order.folder, order.axes, Display(quiet=order.quiet), order.checkpoint_seconds)
    authors = Authors(type(attack))
    own = folders(trainer, order.shelves)
    watch = Watch(attack.name, order.granted, authors, order.places, own, in_process=False)
    speak(suite.speaking, "ready")
    torch.manual_seed(seeds.seed(*order.axes))
    looked: set[str] = set()
    view = AttackerView(attack.name, Granted(suite, order, trainer), *order.public, looked=looked)
    with watching(watch):
        return packed(attack.run(view, AttackTrainer(trainer, order.shelves, looked)))


def main() -> None:
    """Hear the order, attack, say how it ended."""
    hearing, speaking = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the attack prints is no message
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    suite = Suite(hearing, speaking)
    try:
        order: Order = pickle.loads(suite.next().body)  # noqa: S301 - the suite's own word
        threading.Thread(target=_end_with, args=(order.suite,), daemon=True).start()
        claim = attack_as_told(suite, order)
        sys.stdout.flush()
        sys.stderr.flush()
        speak(speaking, "claim", claim)
    except InterruptedTraining as stop:
        speak(speaking, "interrupted", name=stop.name, step=stop.step, iterations=stop.iterations)
    except KeyboardInterrupt:
        speak(speaking, "interrupted")
    except BenchError as error:
        speak(speaking, "mend", reason=str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the other side makes it a FAILED cell
        speak(speaking, "failed", reason=reason_for(error))
    os._exit(0)  # threads and exit handlers of the attack get no say


def _device(name: str) -> str:
    return "cuda:0" if name == "cuda" else name


def _end_with(suite: int) -> None:
    """End this process soon after the suite, even if the suite was killed."""
    while os.getppid() == suite:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
