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
from bench.types.scan import Cohort

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
    path = cache / f"{dataset.name}-{address(dataset, root, grid)}.scans"
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


def address(dataset: Dataset, root: Path | None, grid: Grid) -> str:
    """Hash of everything that decides the scans."""
    source = hashlib.sha256()
    here = Path(__file__).parent
    plugin = Path(inspect.getfile(type(dataset)))
    beside = plugin.parent.glob("*.py") if plugin.is_relative_to(here) else ()
    for file in sorted({*here.glob("*.py"), *beside, plugin}, key=lambda file: (file.name, file)):
        source.update(file.name.encode() + b"\0" + file.read_bytes())
    parts = {
        "format": FORMAT,
        "dataset": f"{type(dataset).__module__}.{type(dataset).__qualname__}",
        "settings": dataclasses.asdict(dataset) if dataclasses.is_dataclass(dataset) else {},
        "files": dataset.fingerprint(root),
        "grid": dataclasses.asdict(grid),
        "source": source.hexdigest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]
