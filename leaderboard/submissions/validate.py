"""Whether a bundle is what it says, without trusting a byte of it and without running anything."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bench.errors import BenchError
from bench.leaderboard.submissions.archive import unpacked
from bench.leaderboard.submissions.arrays import MOST_SCANS, readable
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, hashed
from bench.leaderboard.submissions.problems import problems_of
from bench.leaderboard.submissions.ranges import not_finite
from bench.leaderboard.submissions.recount.linkage import recount
from bench.leaderboard.worst_case.linkages import NoLinkageError, linkage_beside
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME, record_of
from bench.records.schema import Record


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
    problems += [f"{name} is no PNG picture" for name in files if name.endswith(".png") and not _is_png(files[name])]
    if record is not None:
        problems += sorted({f"{place} is no number" for place in not_finite(record.model_dump())})  # "nan" in quotes
        problems += problems_of(record)
        problems += _about_files(record, files)
    return Examined(record, files, tuple(problems))


def _is_png(content: bytes) -> bool:
    return content.startswith(b"\x89PNG\r\n\x1a\n")


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
    if not readable(content):
        yield f"{CLAIM_NAME} is damaged, or not what a run writes for {MOST_SCANS} scans at most"
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, CLAIM_NAME).write_bytes(content)
        try:
            linkage = linkage_beside(Path(folder, RECORD_NAME), CLAIM_NAME, record.privacy.auc)
        except NoLinkageError as error:
            yield str(error)
            return
    yield from recount(record, linkage)
