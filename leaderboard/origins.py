"""Made-up people never stand among real ones: the same scans cannot be both."""

from collections.abc import Sequence
from pathlib import Path

from bench.errors import BenchError
from bench.leaderboard.submissions.shipped import about_origin
from bench.records.schema import Record
from bench.registry import Registry


def one_origin(records: Sequence[tuple[Path, Record]]) -> None:
    """Refuse records that say of scans with one hash that they, or their second visits, are real and made up.

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


def _said(record: Record) -> str:
    anatomy = "made up" if record.data.synthetic else "real"
    return f"that they are {anatomy} with {record.data.revisits} second visits"
