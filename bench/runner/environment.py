"""Where and with what the numbers were made."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import bench
from bench.records.schema import Environment

_PACKAGES = (
    "torch",
    "lightning-fabric",
    "monai",
    "numpy",
    "scipy",
    "numba",
    "nibabel",
    "nilearn",
    "scikit-learn",
    "pingouin",
)


def describe_environment(device: torch.device) -> Environment:
    """The environment part of a record."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        processor=_processor(),
        device=name,
        threads=torch.get_num_threads(),
        packages={package: found for package in _PACKAGES if (found := _version(package))},
        git=_git(Path(bench.__file__).resolve().parent),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores"
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _git(folder: Path) -> str | None:
    """Commit of the checkout that holds the code, None where it is installed from a wheel."""
    if not (folder.parent / ".git").exists():
        return None
    try:
        commit = _ask_git(folder, "rev-parse", "--short=12", "HEAD")
        changed = _ask_git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+" if changed else "")


def _ask_git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
