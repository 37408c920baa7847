"""A cohort that is made once and mapped from disk afterwards."""

import dataclasses
import hashlib
import inspect
import json
import sys
from pathlib import Path
from typing import Protocol, runtime_checkable

from bench.data.listed import Keep
from bench.data.scan_file import ScanFile, read_scan_file
from bench.dataset import Dataset, Grid
from bench.source_text import without_prose
from bench.types.scan import Cohort
from bench.versions import plugin_version

FORMAT = 3


@runtime_checkable
class KeepsScans(Protocol):
    """A dataset that hands out every scan as soon as it is ready."""

    def load_keeping(self, root: Path | None, grid: Grid, keep: Keep) -> Cohort:
        """As `Dataset.load`, with every scan as `keep` returned it."""


def load_cached(dataset: Dataset, root: Path | None, grid: Grid, cache: Path) -> Cohort:
    """The dataset's scans on `grid`, from `cache`; made and written there first if they are not there yet.

    The address is a hash of file contents, settings, grid and the code that makes the scans. Images have the precision
    of 16-bit floats. They are mapped, not read: what is not used takes no memory, and the system may drop what is not
    in use. A damaged file is made again, with a line on stderr.

    Raises:
        BenchError: the data are bad, or the cache cannot be written.
    """
    files = dataset.fingerprint(root)
    cohort = _from_cache(dataset, root, grid, cache / f"{dataset.name}-{address(dataset, files, grid)}.scans")
    return dataclasses.replace(cohort, origin=origin(dataset, files, grid))


def _from_cache(dataset: Dataset, root: Path | None, grid: Grid, path: Path) -> Cohort:
    if path.exists():
        try:
            return read_scan_file(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())
            print(f"warning: cached scans {path} are damaged ({reason}); making them again", file=sys.stderr)
    file = ScanFile(path)
    try:
        if isinstance(dataset, KeepsScans):
            cohort = dataset.load_keeping(root, grid, file.keep)
        else:
            cohort = dataset.load(root, grid)
            for scan in cohort:
                file.keep(scan)
        file.finish(cohort)
        return read_scan_file(path)
    finally:
        file.discard()


def origin(dataset: Dataset, files: str, grid: Grid) -> str:
    """Hash of what the scans are made from, the same on every processor, where the voxels differ by rounding.

    Args:
        files: the dataset's fingerprint.
    """
    code = None if _ours(dataset) else plugin_version(type(dataset))
    return _hash_of({"version": dataset.voxel_version, "code": code, **_made_from(dataset, files, grid)})


def address(dataset: Dataset, files: str, grid: Grid) -> str:
    """Hash of everything that decides the scans, the code that makes them too."""
    source = hashlib.sha256()
    here = Path(__file__).parent
    beside = Path(inspect.getfile(type(dataset))).parent.glob("*.py") if _ours(dataset) else ()
    for file in sorted({*here.glob("*.py"), *beside}, key=lambda file: (file.name, file)):
        source.update(file.name.encode() + b"\0" + without_prose(file))
    if not _ours(dataset):
        source.update(plugin_version(type(dataset)).encode())
    return _hash_of({"format": FORMAT, "source": source.hexdigest(), **_made_from(dataset, files, grid)})


def _ours(dataset: Dataset) -> bool:
    return Path(inspect.getfile(type(dataset))).is_relative_to(Path(__file__).parent)


def _made_from(dataset: Dataset, files: str, grid: Grid) -> dict[str, object]:
    return {
        "dataset": dataset.name,
        "settings": dataclasses.asdict(dataset) if dataclasses.is_dataclass(dataset) else {},
        "files": files,
        "grid": dataclasses.asdict(grid),
    }


def _hash_of(parts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
