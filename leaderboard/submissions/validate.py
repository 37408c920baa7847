"""Whether a bundle is what it says, without trusting a byte of it and without running anything."""

import io
import json
import math
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from bench.errors import BenchError
from bench.leaderboard.linkages import NoLinkageError, linkage_beside
from bench.leaderboard.submissions.archive import unpacked
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, hashed
from bench.leaderboard.submissions.problems import problems_of
from bench.leaderboard.submissions.ranges import not_finite
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME, record_of
from bench.records.schema import Record

MOST_BYTES_OF_A_TABLE = 2**28
"""Of an array in a linkage, in memory: three tables of 4000 scans."""


@dataclass(frozen=True)
class Examined:
    """What was found in a bundle.

    Attributes:
        record: None if it cannot be read.
        files: what was in it, by name.
        problems: what speaks against it, a line each.
    """

    record: Record | None
    files: Mapping[str, bytes]
    problems: tuple[str, ...]


def validate(bundle: Path) -> Examined:
    """Everything that can be told about a bundle from itself."""
    try:
        files = unpacked(bundle)
    except BenchError as error:
        return Examined(None, {}, (str(error),))
    problems = list(_about_hashes(files))
    record = None
    if RECORD_NAME in files:
        try:
            record = record_of(files[RECORD_NAME], RECORD_NAME)
        except BenchError as error:
            problems.append(str(error))
    if record is not None:
        problems += [f"{place} is no number" for place in not_finite(json.loads(files[RECORD_NAME]))]
        problems += problems_of(record)
        problems += _about_files(record, files)
    return Examined(record, files, tuple(problems))


def _about_hashes(files: Mapping[str, bytes]) -> Iterator[str]:
    for name in (RECORD_NAME, MANIFEST_NAME):
        if name not in files:
            yield f"{name} is missing; make the bundle with `bench leaderboard pack`"
    if MANIFEST_NAME not in files:
        return
    try:
        manifest = Manifest.model_validate_json(files[MANIFEST_NAME])
    except ValidationError as error:
        yield f"{MANIFEST_NAME} is no list of a bundle's files: {error.errors()[0]['msg']}"
        return
    held = files.keys() - {MANIFEST_NAME}
    for name in sorted(manifest.files.keys() | held):
        if name not in held:
            yield f"{name[:100]} is listed and missing"
        elif name not in manifest.files:
            yield f"{name} is there and not listed"
        elif manifest.files[name] != hashed(files[name]):
            yield f"{name} is not the file that was packed: its hash differs"


def _about_files(record: Record, files: Mapping[str, bytes]) -> Iterator[str]:
    manifest = files.get(MANIFEST_NAME)
    if manifest is not None and f'"{record.cell}"'.encode() not in manifest:
        yield f"the list of files is about another cell than the record's, {record.cell[:64]}"
    if record.privacy is None or record.privacy.linkage is None:
        return
    content = files.get(record.privacy.linkage)
    if content is None or record.privacy.linkage != CLAIM_NAME:
        yield f"the linkage {record.privacy.linkage[:100]!r} is not in the bundle"
        return
    if not _small_enough(content):
        yield f"{CLAIM_NAME} is damaged, or holds a table of more than {MOST_BYTES_OF_A_TABLE} bytes"
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, CLAIM_NAME).write_bytes(content)
        try:
            linkage_beside(Path(folder, RECORD_NAME), CLAIM_NAME, record.privacy.verification.auc.value)
        except NoLinkageError as error:
            yield str(error)


def _small_enough(content: bytes) -> bool:
    """Whether the table inside is as small as its file: a few kilobytes can hold terabytes of zeros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as stream:
                    version = np.lib.format.read_magic(stream)
                    read = (
                        np.lib.format.read_array_header_1_0
                        if version == (1, 0)
                        else np.lib.format.read_array_header_2_0
                    )
                    shape, _, kind = read(stream)
                    if kind.hasobject or math.prod(shape) * kind.itemsize > MOST_BYTES_OF_A_TABLE:
                        return False
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        return False
    return True
