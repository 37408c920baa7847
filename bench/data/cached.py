"""A cohort that is made once and read from disk afterwards."""

import dataclasses
import hashlib
import inspect
import json
import os
import secrets
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.dataset import Dataset, Grid
from bench.errors import BenchError
from bench.types.scan import Cohort, Revisits, Scan

FORMAT = 1
HEADER, IMAGES, LABELS = "header", "images", "labels"


def load_cached(dataset: Dataset, root: Path | None, grid: Grid, cache: Path) -> Cohort:
    """The dataset's scans on `grid`, from `cache` if they are there; the same bits either way.

    The address is a hash of file contents, settings, grid and the code that makes the scans. Images are kept, and
    returned, with the precision of 16-bit floats. A damaged file is made again, with a line on stderr.

    Raises:
        BenchError: the data are bad, or the cache cannot be written.
    """
    path = cache / f"{dataset.name}-{address(dataset, root, grid)}.npz"
    if path.exists():
        try:
            return _read(path)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            reason = " ".join(str(error).split())
            print(f"warning: cached scans {path} are damaged ({reason}); making them again", file=sys.stderr)
    cohort = _rounded(dataset.load(root, grid))
    _write(cohort, path)
    return cohort


def address(dataset: Dataset, root: Path | None, grid: Grid) -> str:
    """Hash of everything that decides the scans."""
    source = hashlib.sha256()
    files = {*Path(__file__).parent.glob("*.py"), Path(inspect.getfile(type(dataset)))}
    for file in sorted(files, key=lambda file: file.name):
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


def _rounded(cohort: Cohort) -> Cohort:
    return cohort.only(tuple(dataclasses.replace(scan, image=scan.image.half().float()) for scan in cohort))


def _write(cohort: Cohort, path: Path) -> None:
    header = {
        "name": cohort.name,
        "classes": cohort.classes,
        "spacing_mm": cohort.spacing_mm,
        "synthetic": cohort.synthetic,
        "revisits": cohort.revisits.value,
        "notes": cohort.notes,
        "scans": [
            {"subject": scan.subject, "family": scan.family, "session": scan.session, "simulated": scan.simulated}
            for scan in cohort
        ],
    }
    arrays = {
        HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8),
        IMAGES: np.stack([scan.image[0].half().numpy() for scan in cohort]),
        LABELS: np.stack([scan.labels.numpy() for scan in cohort]),
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as stream:
                np.savez(stream, allow_pickle=False, **arrays)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise BenchError(f"cannot write the cache {path}: {error.strerror}; choose another folder") from error


def _read(path: Path) -> Cohort:
    with np.load(path, allow_pickle=False) as stored:
        header: dict[str, Any] = json.loads(stored[HEADER].tobytes())
        images, labels = stored[IMAGES], stored[LABELS]
    if images.dtype != np.float16 or labels.dtype != np.uint8 or images.shape != labels.shape:
        raise ValueError(f"images {images.dtype}{images.shape} and labels {labels.dtype}{labels.shape} do not match")
    scans = tuple(
        Scan(image=torch.from_numpy(image).float()[None], labels=torch.from_numpy(label), **names)
        for image, label, names in zip(images, labels, header["scans"], strict=True)
    )
    return Cohort(
        name=header["name"],
        scans=scans,
        classes=tuple(header["classes"]),
        spacing_mm=header["spacing_mm"],
        synthetic=header["synthetic"],
        revisits=Revisits(header["revisits"]),
        notes=tuple(header["notes"]),
    )
