"""An attack in a process of its own: it asks for what its card grants, and what comes back is a claim.

The process starts from nothing (no fork), so it holds no scan, no key and no defense. Every item of a granted field is
answered by the suite out of the same `AttackerView` that an attack in the suite's process gets.
"""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from bench.errors import BenchError, InterruptedTraining
from bench.records.schema import Status
from bench.runner.attack.claims import unpacked
from bench.runner.attack.confinement import LostAttack, overdue, reason_for
from bench.runner.attack.order import Order
from bench.runner.attack.speech import Message, listen, speak, unpack_question
from bench.trainer.interrupts import StopRequest, deferred_stop
from bench.view import AttackerView, denied

_LOOK_EVERY = 0.05
_SAVING_TAKES = 30.0
"""Seconds that a stopped attack gets to write its trainer's checkpoint."""
_LEAVING_TAKES = 2.0
_DYING_TAKES = 5.0
_SUITE_ONLY = ("UNVEIL_CACHE", "UNVEIL_IXI")


def claim_from_own_process(order: Order, view: AttackerView, timeout: float | None) -> object:
    """What the attack claims.

    Args:
        order: what its process is told unasked.
        view: what it may ask for, within what the order grants.
        timeout: seconds from its start to its claim; None waits for ever.

    Raises:
        LostAttack: it failed, died, or took too long.
        BenchError: something the user must mend.
        KeyboardInterrupt: stopped from outside; both processes are gone, and what was trained is kept.
    """
    with deferred_stop() as stop, _process() as child:
        assert child.stdin is not None
        assert child.stdout is not None
        heard: queue.SimpleQueue[Message | Exception | None] = queue.SimpleQueue()
        threading.Thread(target=_converse, args=(child.stdout, child.stdin, order, view, heard), daemon=True).start()
        end = _wait(heard, child, stop, timeout)
        if end is None:
            raise LostAttack(Status.FAILED, _obituary(child))
    return _outcome(end)


@contextlib.contextmanager
def _process() -> "Iterator[subprocess.Popen[bytes]]":
    """A fresh interpreter that finds the same modules; gone when the block ends."""
    environment = {name: value for name, value in os.environ.items() if name not in _SUITE_ONLY}
    environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "bench.runner.attack.cage"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C reaches the suite alone, which passes it on once
    )
    try:
        yield child
    finally:
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.terminate()
                child.wait(timeout=_LEAVING_TAKES)
        finally:  # an interrupt while waiting must not leave it behind
            child.kill()
            child.wait()
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                stream and stream.close()


def _converse(
    hearing: BinaryIO,
    speaking: BinaryIO,
    order: Order,
    view: AttackerView,
    heard: "queue.SimpleQueue[Message | Exception | None]",
) -> None:
    """Answer questions until the attack has ended; everything else that is said goes to `heard`."""
    try:
        speak(speaking, "order", pickle.dumps(order))
        while (message := listen(hearing)) is not None:
            if message.word == "ask" and message.head.get("field") not in order.granted:
                heard.put(denied(order.attack, f"asked for view.{message.head.get('field')}", order.granted))
                return
            if message.word == "ask":
                speak(speaking, *_answer(view, message))
            else:
                heard.put(message)
        heard.put(None)
    except OSError:  # the process is gone
        heard.put(None)
    except Exception as error:  # noqa: BLE001 - what it says is no message; whoever waits must hear of it
        heard.put(error)


def _answer(view: AttackerView, message: Message) -> tuple[str, bytes]:
    """One item of one granted field, as the view in this process gives it."""
    name, index = str(message.head.get("field")), message.head.get("index")
    try:
        field: Any = getattr(view, name)
        if name == "client":
            scan, rng = unpack_question(message.body)
            answer = (field(scan, rng), rng.bit_generator.state)
        else:
            answer = field if index is None else field[int(index)]
        return "answer", pickle.dumps(answer)
    except Exception as error:  # noqa: BLE001 - it is raised again where the question was asked
        return "refusal", _portable(error)


def _portable(error: Exception) -> bytes:
    try:
        return pickle.dumps(error.with_traceback(None))
    except Exception:  # noqa: BLE001 - whatever an error of a plugin does when it is pickled
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))


def _wait(
    heard: "queue.SimpleQueue[Message | Exception | None]",
    child: "subprocess.Popen[bytes]",
    stop: StopRequest,
    timeout: float | None,
) -> Message | None:
    """The attack's last message; None if it died without one."""
    deadline: float | None = None
    while True:
        if stop.made:
            raise _stopped(heard, child)
        if deadline is not None and timeout is not None and time.monotonic() >= deadline:
            raise overdue(timeout)
        try:
            message = heard.get(timeout=_LOOK_EVERY)
        except queue.Empty:
            continue
        if isinstance(message, Exception):
            raise LostAttack(Status.FAILED, reason_for(message))
        if message is not None and message.word == "ready":
            deadline = None if timeout is None else time.monotonic() + timeout
            continue
        return message


def _stopped(
    heard: "queue.SimpleQueue[Message | Exception | None]", child: "subprocess.Popen[bytes]"
) -> KeyboardInterrupt:
    """Pass the interrupt on, once, and wait for the attack's trainer to save its state."""
    child.send_signal(signal.SIGINT)
    try:
        while isinstance(last := heard.get(timeout=_SAVING_TAKES), Message) and last.word == "ready":
            pass
    except queue.Empty:
        return KeyboardInterrupt()
    if isinstance(last, Message) and last.word == "interrupted" and "name" in last.head:
        return InterruptedTraining(str(last.head["name"]), int(last.head["step"]), int(last.head["iterations"]))
    return KeyboardInterrupt()


def _outcome(end: Message) -> object:
    if end.word == "claim":
        try:
            return unpacked(end.body)
        except ValueError as error:
            raise LostAttack(Status.FAILED, str(error)) from error
    reason = str(end.head.get("reason"))
    if end.word == "mend":
        raise BenchError(reason)
    if end.word == "interrupted":
        raise LostAttack(Status.FAILED, "the attack's process was interrupted")
    raise LostAttack(Status.FAILED, reason)


def _obituary(child: "subprocess.Popen[bytes]") -> str:
    """How a process ended that said nothing."""
    try:
        code = child.wait(timeout=_DYING_TAKES)
    except subprocess.TimeoutExpired:
        return "the attack's process fell silent before it made a claim"
    if code >= 0:
        return f"the attack's process ended with exit code {code} before it made a claim"
    return f"the attack's process was killed by signal {-code} ({signal.strsignal(-code)}) before it made a claim"
