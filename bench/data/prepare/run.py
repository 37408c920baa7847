"""All scans of a listing, several at a time; what is done stays done."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import bench
from bench.data.bids_tables import CLASSES, DESCRIPTION
from bench.data.file_hash import hash_of
from bench.data.layouts.manifest import MANIFEST
from bench.data.listed import default_classes, highest_label
from bench.data.prepare.provenance import PROVENANCE
from bench.data.prepare.reference import SPACE, load_reference
from bench.data.prepare.result import SCANS, Preparation, Prepared, write_tables
from bench.data.prepare.scan import Quality, prepare_scan
from bench.data.prepare.sheet import PAGE, PICTURE
from bench.data.prepare.write import folder_name, known_quality, write_scan
from bench.data.row import Labelling, Listing, Row, raise_first
from bench.data.source import Region
from bench.data.template import template_hash
from bench.errors import BenchError
from bench.progress import Task

OURS = frozenset({SCANS, MANIFEST, CLASSES, DESCRIPTION, PICTURE, PAGE})
"""What a preparation leaves in its folder; a folder with anything else belongs to somebody else."""
FORMAT = 1
"""Counts up when the same files would be prepared differently."""


@dataclass(frozen=True, kw_only=True)
class _Order:
    row: Row
    labelling: Labelling
    region: Region
    place: Path
    spacing_mm: float
    n4: bool


def prepare(
    listing: Listing, region: Region, preparation: Preparation, out: Path, title: str, progress: Task
) -> list[Prepared]:
    """Every scan of the listing below `out`, with a `manifest.csv` once all are there; in the order of the listing.

    Args:
        region: what counts as brain in the raw scans.
        title: name of the cohort.

    Raises:
        BenchError: a bad file (the first, and how many more); good scans stay, and the same command makes the rest.
    """
    raise_first(list(listing.problems))
    _require_apart(listing.root, out)
    _require_alike(out, preparation)
    labelling = listing.labelling
    classes = labelling.classes or default_classes(highest_label(listing.rows, labelling))
    orders = [
        _Order(
            row=row,
            labelling=labelling,
            region=region,
            place=out / SCANS / folder_name(row),
            spacing_mm=preparation.spacing_mm,
            n4=preparation.n4,
        )
        for row in listing.rows
    ]
    _require_different([order.place for order in orders], listing)
    out.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST).unlink(missing_ok=True)  # it says that everything is there

    done: dict[int, Prepared] = {}
    problems: dict[int, str] = {}
    for index, result in _in_processes(orders, preparation.jobs):
        if isinstance(result, str):
            problems[index] = result
            progress.advance(note="a bad file")
        else:
            quality, fresh = result
            done[index] = Prepared(orders[index].row, orders[index].place, quality, fresh)
            progress.advance(note=f"{orders[index].row.name} {quality.dice:.3f}")
    raise_first([problems[index] for index in sorted(problems)])
    everything = [done[index] for index in range(len(orders))]
    write_tables(out, everything, classes, listing, preparation, title)
    return everything


def _in_processes(orders: list[_Order], jobs: int) -> Iterator[tuple[int, tuple[Quality, bool] | str]]:
    """Results as they come, each with the place of its order in the list."""
    if jobs == 1 or len(orders) == 1:
        for index, order in enumerate(orders):
            yield index, _prepare_one(order)
        return
    with _pool(jobs) as pool:
        waiting: dict[Future[tuple[Quality, bool] | str], int] = {
            pool.submit(_prepare_one, order): index for index, order in enumerate(orders)
        }
        while waiting:
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                try:
                    result = future.result()
                except BrokenProcessPool as error:
                    raise BenchError(
                        f"a process that prepares scans was ended from outside, maybe for want of memory; take fewer "
                        f"than --jobs {jobs}; the same command continues with what is finished"
                    ) from error
                yield waiting.pop(future), result


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    finally:  # also when somebody presses Ctrl-C: scans under way are finished, the others are not begun
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _one_thread()


def _one_thread() -> None:
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)  # so that sums, and with them the result, do not vary


def _prepare_one(order: _Order) -> tuple[Quality, bool] | str:
    """The quality of the prepared scan and whether it was made now, or the line about its bad file."""
    _one_thread()
    try:
        inputs = _inputs(order)
        known = known_quality(order.place, inputs)
        if known is not None:
            return known, False
        scan = prepare_scan(order.row, order.labelling, order.region, order.spacing_mm, order.n4)
    except BenchError as error:
        return str(error)
    write_scan(scan, load_reference(order.spacing_mm).affine, order.place, inputs)
    return scan.quality, True


def _inputs(order: _Order) -> dict[str, Any]:
    """Everything that decides the result; names of files only, for the rest of a path is nobody's business."""
    import SimpleITK as sitk

    row, labelling = order.row, order.labelling
    return {
        "format": FORMAT,
        "subject": row.subject,
        "session": row.session,
        "files": {
            role: {"name": file.name, "sha256": hash_of(file)}
            for role, file in zip(("image", "labels", "brain"), row.files, strict=False)
        },
        "groups": {str(key): value for key, value in (labelling.groups or {}).items()},
        "brain": [order.region.of_volume.__name__.strip("_"), order.region.stripped],
        "spacing_mm": order.spacing_mm,
        "n4": order.n4,
        "space": SPACE,
        "template": template_hash(),
        "software": {"unveil": bench.__version__, "SimpleITK": sitk.Version_VersionString()},
    }


def _require_apart(root: Path, out: Path) -> None:
    if out.resolve() == root.resolve() or root.resolve() in out.resolve().parents:
        raise BenchError(f"{out} lies within the raw data; write to a folder of its own with --out")
    if out.exists() and not out.is_dir():
        raise BenchError(f"{out} is no folder; choose another --out")
    for path in sorted(out.iterdir()) if out.exists() else []:
        if path.name not in OURS and not path.name.startswith("."):
            raise BenchError(f"{out} holds other files, such as {path.name}; choose an empty folder with --out")
    for place in sorted((out / SCANS).iterdir()) if (out / SCANS).is_dir() else []:
        if not place.name.startswith(".") and not (place / PROVENANCE).is_file():
            raise BenchError(f"{place} was not made by a preparation; choose an empty folder with --out")
    if (out / MANIFEST).exists() and not (out / SCANS).is_dir():
        raise BenchError(f"{out} holds a {MANIFEST} of another kind; choose an empty folder with --out")


def _require_alike(out: Path, preparation: Preparation) -> None:
    """A finished cohort is not made into another one; whoever wants both keeps both."""
    try:
        kept = json.loads((out / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    before = (kept.get("SpacingMm"), kept.get("N4")) if isinstance(kept, dict) else None
    if before is not None and before != (preparation.spacing_mm, preparation.n4):
        spacing, n4 = before
        raise BenchError(
            f"{out} holds scans that were prepared at {spacing} mm {'with' if n4 else 'without'} --n4; choose another "
            "--out, or remove that folder"
        )


def _require_different(places: list[Path], listing: Listing) -> None:
    seen: dict[str, Row] = {}
    for place, row in zip(places, listing.rows, strict=True):
        other = seen.setdefault(os.path.normcase(place.name), row)
        if other is not row:
            raise BenchError(f"{row.name} and {other.name} differ in special characters only; rename one of them")
