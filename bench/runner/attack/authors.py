"""Whose code a frame runs: the attack's, or that of the suite, of Python and of installed packages."""

import site
import sys
import sysconfig
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType

import bench
from bench.attack import Attack

_SUITE = Path(bench.__file__).parent
_BUILT_IN = "bench.attacks"


class Authors:
    """Tells the attack's own code from everybody else's.

    Everything counts as the attack's that is not the suite's, Python's or another installed package's: a helper file
    beside a plugin file is the attack's too, and so is text it compiles.
    """

    def __init__(self, attack: type[Attack]) -> None:
        self.own = _own_folder(attack.__module__)
        self.wrote = lru_cache(maxsize=None)(self._wrote)

    def nearest(
        self,
        frame: FrameType | None,
        passing: Collection[str],
        names: Collection[str] = (),
        codes: Collection[CodeType] = (),
    ) -> bool:
        """Whether the attack's code made the call in `frame`, straight or through a go-between.

        Args:
            passing: modules, or packages with all of theirs, that hand what they find to their caller.
            names: functions of any module of which the same holds.
            codes: and single pieces of code.
        """
        while frame is not None:
            code = frame.f_code
            module = frame.f_globals.get("__name__")
            package = str(module).partition(".")[0]
            hands_over = (
                module in passing
                or package in passing
                or code.co_name in names
                or any(code is known for known in codes)
            )
            if not hands_over and not code.co_filename.startswith("<"):  # compiled text: whoever runs it answers for it
                return self.wrote(code.co_filename)
            frame = frame.f_back
        return False

    def _wrote(self, filename: str) -> bool:
        if filename.startswith("<"):
            return False
        path = Path(filename)
        if self.own is not None and path.is_relative_to(self.own):
            return True
        return not any(path.is_relative_to(folder) for folder in library_folders())


@lru_cache(maxsize=1)
def library_folders() -> tuple[Path, ...]:
    """Folders of the suite, of Python and of what is installed."""
    paths = sysconfig.get_paths()
    installed = [*site.getsitepackages(), site.getusersitepackages()]
    found = [_SUITE, *(Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib"))]
    found += [Path(folder) for folder in installed]
    return tuple({*found, *(folder.resolve() for folder in found)})


def _own_folder(module: str) -> Path | None:
    """Where an attack keeps its code: a package, or a single file."""
    top = _BUILT_IN if module.startswith(f"{_BUILT_IN}.") else module.partition(".")[0]
    if top == "bench":
        return None
    package = sys.modules[top]
    folders = list(getattr(package, "__path__", ()))
    place = folders[0] if folders else getattr(package, "__file__", None)
    return None if place is None else Path(place)
