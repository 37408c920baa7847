"""Claimed becomes verified: the outcome of running a bundle's cell again, and how a leaderboard knows of it."""

import hashlib
from pathlib import Path

from pydantic import ValidationError

from bench.errors import BenchError
from bench.leaderboard.submissions.compare import VERIFICATION_NAME, Verification, compare, differences
from bench.leaderboard.submissions.validate import Examined
from bench.records.files import RECORD_NAME, write_atomically, write_bytes_atomically
from bench.records.schema import Record, Status


def judge(examined: Examined, found: Record) -> Verification:
    """Whether a second run says what the bundle says.

    Raises:
        BenchError: the bundle holds no record.
    """
    claimed = examined.record
    if claimed is None:
        raise BenchError("a bundle without a record claims nothing")
    comparisons, differing = compare(claimed, found), differences(claimed, found)
    agree = bool(comparisons) and all(one.agrees for one in comparisons)
    return Verification(
        cell=claimed.cell,
        record_sha256=hashlib.sha256(examined.files[RECORD_NAME]).hexdigest(),
        verified=agree and not differing and found.status is Status.OK,
        differences=differing,
        comparisons=comparisons,
        environment=found.environment,
    )


def keep(examined: Examined, verdict: Verification, folder: Path) -> Path:
    """Unpack the bundle into a folder of its own, with the verdict beside its record."""
    for name, content in examined.files.items():
        write_bytes_atomically(folder / name, content)
    write_atomically(folder / VERIFICATION_NAME, verdict.model_dump_json(indent=2) + "\n")
    return folder


def verdict_beside(record: Path) -> Verification | None:
    """The verdict about the record in this file, if there is one and it is about the very bytes of the record."""
    file = record.parent / VERIFICATION_NAME
    if not file.is_file() or file.resolve().parent != record.parent.resolve():
        return None
    try:
        verdict = Verification.model_validate_json(file.read_bytes())
        same = verdict.record_sha256 == hashlib.sha256(record.read_bytes()).hexdigest()
    except (OSError, ValidationError, ValueError):
        return None
    return verdict if same else None
