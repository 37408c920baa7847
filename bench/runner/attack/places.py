"""Folders that an attack may not touch, known by hashes: an attack's own process must not learn where they are."""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.records.claims import CLAIM_NAME
from bench.records.files import BUNDLE_SUFFIX, LOST_NAME, RECORD_NAME, VERIFICATION_NAME

RUNS = frozenset({CLAIM_NAME, RECORD_NAME, LOST_NAME, VERIFICATION_NAME})
OF_A_RUN = "another run, which holds the truth"
"""Wherever they lie: the same scans were sent in the same order before, and the files say whose they are."""
_OPEN_FILES = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")


@dataclass(frozen=True)
class Hashed:
    """What guarded folders hold, by the hash of where they are.

    Attributes:
        within: of the folders themselves.
        above: of every folder that they lie in.
    """

    within: Mapping[str, str]
    above: Mapping[str, str]

    @classmethod
    def of(cls, places: Mapping[Path, str]) -> "Hashed":
        """Hashes of folders as they are given, and with links followed."""
        found = [(one, what) for place, what in places.items() for one in (place.absolute(), place.resolve())]
        return cls(
            {_hashed(str(place)): what for place, what in found},
            {_hashed(str(folder)): what for place, what in found for folder in place.parents},
        )


class Places:
    """Tells which of these folders a path leads into.

    Args:
        hashed: the folders.
        free: folders within them that the attack may use.
    """

    def __init__(self, hashed: Hashed, free: Sequence[Path]) -> None:
        self._hashed, self._free = hashed, tuple(free)

    def entered(self, paths: Sequence[Any], *, moved: bool = False) -> str | None:
        """What the folder holds that one of the paths leads into; None if none does.

        Args:
            paths: as audit events give them: names, descriptors of open files, or None for the current folder.
            moved: whether a folder is given another name, which would take what lies in it along.
        """
        for path in paths:
            for name in _meant(path):
                content = self._of(name, moved=moved)
                if content is not None:
                    return content
        return None

    def _of(self, name: str, *, moved: bool) -> str | None:
        real = os.path.realpath(name)
        if any(Path(real).is_relative_to(folder) for folder in self._free):
            return None
        # A link in a guarded folder may lead out of it, and is no less what lies there.
        beside = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))
        for one in dict.fromkeys((real, beside, os.path.abspath(name))):
            if _of_a_run(one):
                return OF_A_RUN
            if moved and _hashed(one) in self._hashed.above:
                return self._hashed.above[_hashed(one)]
            for folder in (Path(one), *Path(one).parents):
                content = self._hashed.within.get(_hashed(str(folder)))
                if content is not None:
                    return content
        return None


def _of_a_run(name: str) -> bool:
    return os.path.basename(name) in RUNS or name.endswith(BUNDLE_SUFFIX)


def _meant(path: Any) -> Iterator[str]:
    """Every file that a path may stand for: a relative one counts from the current folder, and from every open one.

    The event does not say from which (`dir_fd`), so that only what is there counts.
    """
    if path is None:
        yield os.getcwd()
    elif isinstance(path, int):
        name = _opened(path)
        if name is not None:
            yield name
    elif isinstance(path, str | bytes | os.PathLike):
        name = os.fsdecode(path)
        if os.path.isabs(name) or _of_a_run(name):
            yield os.path.abspath(name)
        else:
            found = (os.path.join(folder, name) for folder in (os.getcwd(), *_open_folders()))
            yield from (one for one in found if os.path.lexists(one))


def _open_folders() -> list[str]:
    try:
        found = [_opened(int(number)) for number in os.listdir(_OPEN_FILES)]
    except OSError:  # a system that does not show them
        return []
    return [name for name in found if name is not None and os.path.isdir(name)]


def _opened(descriptor: int) -> str | None:
    """The file behind a descriptor; None if it has no name, or if the system does not say."""
    try:
        if sys.platform == "darwin":
            from fcntl import F_GETPATH, fcntl

            return os.fsdecode(fcntl(descriptor, F_GETPATH, bytes(1024)).rstrip(b"\0"))
        name = os.readlink(_OPEN_FILES / str(descriptor))
    except OSError:
        return None
    return name if os.path.isabs(name) else None


@lru_cache(maxsize=10_000)
def _hashed(folder: str) -> str:
    return hashlib.blake2b(os.fsencode(folder), digest_size=16).hexdigest()
