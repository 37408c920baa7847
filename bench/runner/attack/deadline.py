"""A time limit within one process."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bench.runner.attack.confinement import overdue

_AGAIN_AFTER = 1.0


class _OutOfTime(BaseException):
    """Raised inside the attack; no `Exception`, so that an attack that catches everything does not catch it."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Ends the block after `seconds`.

    An alarm interrupts the main thread between two Python instructions, and again every second if the block catches it.
    One long call into compiled code ends first; elsewhere than on the main thread, and where there is no alarm, the
    time is looked at only when the block is over.

    Raises:
        LostAttack: TIMEOUT.
    """
    if seconds is None:
        yield
        return
    started = time.monotonic()
    try:
        with _alarm(seconds):
            yield
    except _OutOfTime:
        raise overdue(seconds) from None
    except Exception:
        if time.monotonic() - started >= seconds:  # the alarm went off and came out as something else
            raise overdue(seconds) from None
        raise
    if time.monotonic() - started >= seconds:
        raise overdue(seconds)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    running = True

    def ring(number: int, frame: FrameType | None) -> None:
        if running:
            raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_AFTER)
    try:
        try:
            yield
        finally:
            running = False
    finally:  # reached even if the alarm rang between the two
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
