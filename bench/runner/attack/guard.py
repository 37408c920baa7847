"""Watching an attack that runs in the suite's own process: what reaches past the view ends the cell.

Python announces frame walking, heap searches, opened files and the like as audit events (PEP 578). While an attack
runs, those that come from its code raise `GrantError`; the same calls made by libraries on their own account go
through. This is a fence, not a wall: docs/threat-models.md says what climbs it.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType, GeneratorType
from typing import Any

from bench.errors import GrantError
from bench.runner.attack.authors import Authors, library_folders
from bench.runner.attack.places import Hashed, Places
from bench.runner.attack.spawning import SPAWN, harmless, spawns_announced
from bench.view import DENIED, asking, counter, denied

MEMORY = {
    "gc.get_objects": "searched the heap (gc.get_objects)",
    "gc.get_referrers": "searched the heap (gc.get_referrers)",
    "gc.get_referents": "opened an object's inside (gc.get_referents)",
    "sys._current_frames": "walked the frames of all threads (sys._current_frames)",
    "sys._current_exceptions": "took the exceptions of all threads (sys._current_exceptions)",
}
"""Refused whoever calls while an attack runs: no library needs them, and any could be asked to."""
FRAMES = {
    "sys._getframe": "walked the frames of its callers (sys._getframe)",
    "sys.settrace": "traced its callers (sys.settrace)",
    "sys.setprofile": "profiled its callers (sys.setprofile)",
    "sys.addaudithook": "listened to the suite (sys.addaudithook)",
    "ctypes.cdata": "read raw memory (ctypes)",
    "ctypes.string_at": "read raw memory (ctypes)",
    "ctypes.wstring_at": "read raw memory (ctypes)",
    "ctypes.PyObj_FromPtr": "read raw memory (ctypes)",
}
"""Refused where the attack's code calls, straight or through a library that hands over what it finds."""
HELD_FRAMES = {"tb_frame", "gi_frame", "cr_frame", "ag_frame"}
PROGRAMS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"}
FILES = {
    **dict.fromkeys(("open", "os.listdir", "os.scandir", "os.chdir", "os.remove", "os.truncate", "os.mkdir"), 1),
    **dict.fromkeys(("os.rmdir", "shutil.rmtree", "sqlite3.connect"), 1),
    **dict.fromkeys(("os.link", "os.symlink", "os.rename"), 2),
}
"""Audit events on files, with the number of leading arguments that are paths."""
_STARTERS = sys.stdlib_module_names - {"platform", "ctypes", "uuid"}
"""Packages of Python's own that start whatever they are told; the three left out start programs of their own."""
_GIVERS_OF_FRAMES = {"inspect", "traceback", "pdb", "bdb", "threading", "ctypes"}
_LOGS_OWN_FRAME = logging.currentframe.__code__
_WRAPPERS = ("jaxtyping.", "beartype.")
_TRACEBACK_FRAMES = {"walk_tb", "walk_stack"}


class Watch:
    """One attack under guard.

    Attributes:
        attack, granted: for the reason.
        places: folders that the attack may not touch, but for its own within them.
        in_process: whether memory and frames are guarded too; in a process of its own there is nothing to find.
        refusals: what was refused so far, in order; an attack cannot undo them by catching the error.
    """

    def __init__(
        self,
        attack: str,
        granted: frozenset[str],
        authors: Authors,
        places: Hashed,
        own: Sequence[Path],
        *,
        in_process: bool,
    ) -> None:
        self.attack, self.granted, self.authors = attack, granted, authors
        for folder in own:
            folder.mkdir(parents=True, exist_ok=True)  # the trainer could not make what lies outside of it
        self.places = Places(places, (*(folder.resolve() for folder in own), *library_folders()))
        self.in_process = in_process
        self.refusals: list[str] = []
        self.counters: list[FrameType] = []
        self._judging: set[int] = set()

    def seal(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """As `bench.view.sealed`; what is done behind this counter is the suite's own doing."""
        answering = counter(answer)
        assert isinstance(answering, GeneratorType)
        assert answering.gi_frame is not None
        self.counters.append(answering.gi_frame)
        return asking(answering)

    def judge(self, event: str, args: tuple[Any, ...]) -> None:
        """Refuse one audit event, or let it go.

        Raises:
            GrantError: it is the attack's, and no card opens what it reaches for.
        """
        if event == DENIED:
            self.refusals.append(args[0])
            return
        thread = threading.get_ident()
        if thread in self._judging:  # judging reads frames and files itself
            return
        self._judging.add(thread)
        try:
            deed = self._deed(event, args)
        finally:
            self._judging.discard(thread)
        if deed is not None:
            raise self._refusal(*deed)

    def _refusal(self, deed: str, missing: str | None) -> GrantError:
        return denied(self.attack, deed, self.granted, missing)

    def _deed(self, event: str, args: tuple[Any, ...]) -> tuple[str, str | None] | None:
        if event in FILES:
            place = self.places.entered(args[: FILES[event]], moved=event == "os.rename")
            if place is not None and self._is_attack(_caller()):
                return f"touched a file of {place}", None
        elif event == SPAWN:
            if not harmless(args[0]) and self._is_attack(_caller()):
                return "started a process that nobody watches (multiprocessing; a forked one may be)", None
        elif event in PROGRAMS:
            if self.authors.nearest(_caller(), passing=_STARTERS):
                return f"started a program ({event}) that could read what it may not", None
        elif not self.in_process:
            return None
        elif event in MEMORY:
            return MEMORY[event], None
        elif event in FRAMES:
            if self.authors.nearest(_caller(), passing=_GIVERS_OF_FRAMES, codes=(_LOGS_OWN_FRAME,)):
                return FRAMES[event], None
        elif args[1] in HELD_FRAMES and self.authors.nearest(_caller(), passing=("inspect",), names=_TRACEBACK_FRAMES):
            return f"opened a frame ({args[1]})", None
        return None

    def _is_attack(self, frame: FrameType | None) -> bool:
        """Whether the attack is nearer than a counter of the suite, with libraries in between."""
        while frame is not None:
            if any(frame is known for known in self.counters):
                return False
            if self.authors.wrote(frame.f_code.co_filename):
                return True
            frame = frame.f_back
        return False


def _caller() -> FrameType | None:
    """The frame that raised the audit event: the first outside this file and outside what tests wrap around it."""
    frame: FrameType | None = sys._getframe(1)
    known: FrameType | None = frame
    while known is not None:  # the outermost of this file
        if known.f_code.co_filename == __file__:
            frame = known.f_back
        known = known.f_back
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(_WRAPPERS):
        frame = frame.f_back
    return frame


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Judge every audit event in this process while the block runs.

    Raises:
        GrantError: something was refused, even if the block caught the error.
    """
    desk = _desk()
    desk(watch, True)
    try:
        with spawns_announced():
            yield
    except (Exception, SystemExit) as error:
        if watch.refusals and not isinstance(error, GrantError):
            raise GrantError(watch.refusals[0]) from error
        raise
    finally:
        desk(watch, False)
    if watch.refusals:
        raise GrantError(watch.refusals[0])


@cache
def _desk() -> Callable[[Watch, bool], None]:
    """Installs the hook, once: hooks can never be removed. Behind a counter, so that nobody finds the list of watches.

    Only who holds a watch can take it off the list.
    """
    watches: list[Watch] = []
    events = {DENIED, SPAWN, "object.__getattr__", *MEMORY, *FRAMES, *PROGRAMS, *FILES}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if watches and event in events:
            for watch in watches:
                watch.judge(event, args)

    def change(watch: Watch, on: bool) -> None:
        if on:
            watches.append(watch)
        else:
            watches[:] = [known for known in watches if known is not watch]

    sys.addaudithook(hook)
    desk: Callable[[Watch, bool], None] = asking(counter(change))
    return desk
