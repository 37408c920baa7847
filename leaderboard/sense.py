"""Records that no leaderboard can take: what no measurement gives, and what contradicts another record."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from bench.errors import BenchError
from bench.leaderboard.submissions.problems import senseless
from bench.leaderboard.submissions.ranges import not_finite
from bench.leaderboard.submissions.recount.headline import about_headline
from bench.leaderboard.submissions.shipped import about_origin
from bench.leaderboard.worst_case.linkages import NoLinkageError, linkage_beside
from bench.records.schema import Record
from bench.registry import Registry

Found = Sequence[tuple[Path, Record]]


def refuse(lines: Sequence[str]) -> NoReturn:
    """Say everything that is wrong at once, a line each.

    Raises:
        BenchError: always.
    """
    if len(lines) == 1:
        raise BenchError(lines[0])
    raise BenchError("\n".join([f"no leaderboard can be made of these records, {len(lines)} lines:", *lines]))


def senseless_of(records: Found) -> list[str]:
    """A line for every record that can be none of any measurement."""
    wrong = ((path, next(_about(record), None)) for path, record in records)
    return [f"{path} is no record of a measurement: {line}; leave it out" for path, line in wrong if line is not None]


def forged_of(records: Found) -> list[str]:
    """A line for every record whose mAP is not what the linkage beside it gives; `validate` counts everything again."""
    found = []
    for path, record in records:
        if record.privacy is None or record.privacy.linkage is None:
            continue
        try:
            linkage = linkage_beside(path, record.privacy.linkage, record.privacy.auc)
        except NoLinkageError:
            continue  # takes no part in ranks, and the page says why
        found += [f"{path}: {line}; leave it out" for line in about_headline(record.privacy, linkage)]
    return found


def contradictions_of(records: Found) -> list[str]:
    """A line for every record that says of its scans what cannot be, or something else than another one.

    The same scans are one thing: real or made up, on one grid, of so many people.
    """
    first: dict[str, tuple[Path, Record]] = {}
    registry = Registry()
    found = []
    for path, record in records:
        wrong = next(about_origin(record, registry), None)
        if wrong is not None:
            found.append(f"{path}: {wrong}; leave it out")
            continue
        other_path, other = first.setdefault(record.data.data_hash, (path, record))
        if (record.data.synthetic, record.data.revisits) != (other.data.synthetic, other.data.revisits):
            found.append(
                f"{other_path} and {path} are of the same scans, and one says {_said(other)}, the other "
                f"{_said(record)}; leave out the one that is wrong"
            )
        elif _described(record, other) != _described(other, record):
            found.append(
                f"{other_path} and {path} are of the same scans, and say different things about their grid, their "
                "classes or how many there are; leave out the one that is wrong"
            )
    return found


def _about(record: Record) -> Iterator[str]:
    yield from senseless(record)
    # A text can spell what is no number, and settings may hold anything.
    yield from (f"{place} is no number" for place in not_finite(record.model_dump()))


def _described(record: Record, other: Record) -> tuple[object, ...]:
    """What follows from the hash of the data; with the same split, also how many there are in each role."""
    data = record.data
    fixed = (data.name, data.classes, data.shape, data.spacing_mm)
    return (*fixed, data.subjects, data.scans) if data.split_hash == other.data.split_hash else fixed


def _said(record: Record) -> str:
    anatomy = "made up" if record.data.synthetic else "real"
    return f"that they are {anatomy} with {record.data.revisits} second visits"
