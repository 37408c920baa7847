"""The same scans are one thing: real or made up, on one grid, of so many people."""

from collections.abc import Sequence
from pathlib import Path

from bench.errors import BenchError
from bench.leaderboard.submissions.shipped import about_origin
from bench.records.schema import Record
from bench.registry import Registry


def one_origin(records: Sequence[tuple[Path, Record]]) -> None:
    """Refuse records that say different things of scans with one hash.

    Raises:
        BenchError: there are two such records, or one that says so of scans that come with this package.
    """
    first: dict[str, tuple[Path, Record]] = {}
    registry = Registry()
    for path, record in records:
        wrong = next(about_origin(record, registry), None)
        if wrong is not None:
            raise BenchError(f"{path}: {wrong}; leave it out")
        other_path, other = first.setdefault(record.data.data_hash, (path, record))
        if (record.data.synthetic, record.data.revisits) != (other.data.synthetic, other.data.revisits):
            raise BenchError(
                f"{other_path} and {path} are of the same scans, and one says {_said(other)}, the other "
                f"{_said(record)}; leave out the one that is wrong"
            )
        if _described(record, other) != _described(other, record):
            raise BenchError(
                f"{other_path} and {path} are of the same scans, and say different things about their grid, their "
                "classes or how many there are; leave out the one that is wrong"
            )


def _described(record: Record, other: Record) -> tuple[object, ...]:
    """What follows from the hash of the data; with the same split, also how many there are in each role."""
    data = record.data
    fixed = (data.name, data.classes, data.shape, data.spacing_mm)
    return (*fixed, data.subjects, data.scans) if data.split_hash == other.data.split_hash else fixed


def _said(record: Record) -> str:
    anatomy = "made up" if record.data.synthetic else "real"
    return f"that they are {anatomy} with {record.data.revisits} second visits"
