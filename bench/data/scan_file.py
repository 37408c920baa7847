"""One file with a whole cohort, written scan by scan and mapped into memory.

Layout: for every scan its image (32-bit floats, rounded to the precision of 16 bits), its labels (8 bits) and zeros up
to a multiple of 64 bytes; then a description as JSON, its length in 8 bytes, and the mark.
"""

import ctypes
import dataclasses
import json
import os
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from bench.errors import BenchError
from bench.types.scan import Cohort, Revisits, Scan
from bench.types.traits import Sex, Traits

MARK = b"UNVEIL02"
ALIGNMENT = 64
CHUNK_BYTES = 2**30
"""Mapped at once: a map keeps a file open, and a process may have a thousand."""


class ScanFile:
    """A cohort that grows on disk; nothing is at `path` before `finish`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        self.stream: BinaryIO | None = None
        self.checksum = 0

    def keep(self, scan: Scan) -> Scan:
        """Write the scan; what is returned has its name and shape but not its voxels.

        Raises:
            BenchError: the place cannot be written.
        """
        with self._or_choose_another_folder():
            if self.stream is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.stream = self.temporary.open("xb")
            self._write(scan.image.half().float().contiguous().numpy())
            self._write(scan.labels.contiguous().numpy())
            self._write(np.zeros(-self.stream.tell() % ALIGNMENT, np.uint8))
        _give_back_memory()
        return dataclasses.replace(
            scan,
            image=torch.zeros(1).expand(scan.image.shape),
            labels=torch.zeros(1, dtype=torch.uint8).expand(scan.labels.shape),
        )

    def finish(self, cohort: Cohort) -> None:
        """Describe the scans, which are those that were kept, in this order, and put the file in its place.

        Raises:
            BenchError: the place cannot be written.
        """
        if self.stream is None:
            raise ValueError(f"cohort {cohort.name} has no scan")
        description = {
            "name": cohort.name,
            "classes": cohort.classes,
            "spacing_mm": cohort.spacing_mm,
            "synthetic": cohort.synthetic,
            "revisits": cohort.revisits.value,
            "notes": cohort.notes,
            "shape": cohort.shape,
            "checksum": self.checksum,
            "scans": [
                {
                    "subject": scan.subject,
                    "family": scan.family,
                    "session": scan.session,
                    "simulated": scan.simulated,
                    "traits": dataclasses.asdict(scan.traits),
                }
                for scan in cohort
            ],
        }
        text = json.dumps(description).encode()
        with self._or_choose_another_folder():
            self.stream.write(text + len(text).to_bytes(8, "little") + MARK)
            self.stream.close()
            os.replace(self.temporary, self.path)

    def discard(self) -> None:
        """Leave nothing unfinished behind."""
        if self.stream is not None:
            with suppress(OSError):  # a full disk: what is buffered cannot be written, and need not be
                self.stream.close()
            self.temporary.unlink(missing_ok=True)

    @contextmanager
    def _or_choose_another_folder(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BenchError(f"cannot write the cache {self.path}: {error.strerror}; choose another folder") from error

    def _write(self, values: np.ndarray) -> None:
        assert self.stream is not None
        content = values.reshape(-1).view(np.uint8).data  # no copy
        self.stream.write(content)
        self.checksum = zlib.crc32(content, self.checksum)


def _give_back_memory() -> None:
    """Return freed blocks to the system, where the C library can.

    What lives on between large blocks that come and go keeps glibc from using their room again: 60 scans of 18 MB that
    were long freed held 1 GB.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def read_scan_file(path: Path) -> Cohort:
    """The cohort, its voxels mapped; writing to them changes memory only.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    description, end = _read_description(path)
    shape = tuple(description["shape"])
    voxels = int(np.prod(shape))
    step = 5 * voxels + -5 * voxels % ALIGNMENT
    names = description["scans"]
    if step * len(names) != end:
        raise ValueError(f"{end} bytes of voxels instead of {step * len(names)}")
    scans: list[Scan] = []
    checksum = 0
    at_once = max(CHUNK_BYTES // step, 1)
    for first in range(0, len(names), at_once):
        count = min(at_once, len(names) - first)
        chunk = np.memmap(path, np.uint8, "c", offset=first * step, shape=(count, step))
        for row, name in zip(chunk, names[first : first + count], strict=True):
            checksum = zlib.crc32(row, checksum)
            image = np.asarray(row[: 4 * voxels]).view(np.float32).reshape(1, *shape)
            labels = np.asarray(row[4 * voxels : 5 * voxels]).reshape(shape)
            known = {**name, "traits": _traits(**name["traits"])}
            scans.append(Scan(image=torch.from_numpy(image), labels=torch.from_numpy(labels), **known))
    if checksum != description["checksum"]:
        raise ValueError("the checksum does not match")
    return Cohort(
        name=description["name"],
        scans=tuple(scans),
        classes=tuple(description["classes"]),
        spacing_mm=description["spacing_mm"],
        synthetic=description["synthetic"],
        revisits=Revisits(description["revisits"]),
        notes=tuple(description["notes"]),
    )


def _traits(age: float | None, sex: str | None) -> Traits:
    return Traits(age, None if sex is None else Sex(sex))


def _read_description(path: Path) -> tuple[dict[str, Any], int]:
    """What the file says about its scans, and where their voxels end."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size < len(MARK) + 8:
            raise ValueError(f"{size} bytes are no cohort")
        stream.seek(size - len(MARK) - 8)
        length = int.from_bytes(stream.read(8), "little")
        if stream.read() != MARK:
            raise ValueError("the mark at its end is missing")
        end = size - len(MARK) - 8 - length
        if end < 0:
            raise ValueError("the description is longer than the file")
        stream.seek(end)
        description: dict[str, Any] = json.loads(stream.read(length))
    return description, end
