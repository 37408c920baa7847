"""`bench doctor`: is this installation what it should be?"""

import importlib
import platform
import shutil
from pathlib import Path

from rich.console import Console

import bench
from bench.registry import Registry
from bench.store import Store

_ROOMS = ("attacks", "defenses", "models", "leaderboard", "data", "metrics", "trainer", "runner")


def examine() -> bool:
    """Print the findings; True if nothing is wrong."""
    console = Console(highlight=False, soft_wrap=True)
    problems = [*_strangers(), *_broken()]
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    store = Store.default().root
    base = next(path for path in (store, *store.parents) if path.exists())
    console.print(f"unveil-bench {bench.__version__}, Python {platform.python_version()}, torch {torch.__version__}")
    console.print(f"GPU: {gpu}; threads: {torch.get_num_threads()}")
    console.print(f"package: {Path(bench.__file__).parent}", markup=False)
    console.print(f"cache: {store} ({shutil.disk_usage(base).free / 1e9:.0f} GB free)", markup=False)
    for problem in problems:
        console.print(f"problem: {problem}", style="red", markup=False)
    if not problems:
        console.print("all well", style="green")
    return not problems


def _strangers() -> list[str]:
    """Modules under `bench` that come from somewhere else than this package."""
    root = Path(bench.__file__).resolve().parent
    allowed = (root, *((root / room).resolve() for room in _ROOMS))
    found = []
    for room in _ROOMS:
        module = importlib.import_module(f"bench.{room}")
        origin = Path(module.__file__ or "").resolve()
        if not any(origin.is_relative_to(place) for place in allowed):
            found.append(f"bench.{room} comes from {origin}, outside the installed package {root}")
    return found


def _broken() -> list[str]:
    return [
        f"{entry.kind.removesuffix('s')} {entry.name}: {entry.defect}" for entry in Registry().entries if entry.defect
    ]
