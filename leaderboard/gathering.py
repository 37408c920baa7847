"""The records below some folders, all of them or a line about each that cannot stand on a leaderboard."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.errors import BenchError
from bench.leaderboard.sense import refuse, senseless_of
from bench.records.files import find_records, read_record
from bench.records.schema import Record


def gathered(places: Iterable[Path]) -> Sequence[tuple[Path, Record]]:
    """Every record in the files and below the folders.

    Raises:
        BenchError: a place does not exist, nothing was found, or some records cannot be read: a line for each, and for
            each that can be read and holds what no measurement gives.
    """
    found: list[tuple[Path, Record]] = []
    unreadable = []
    for path in find_records(places):
        try:
            found.append((path, read_record(path)))
        except BenchError as error:
            unreadable.append(str(error))
    if unreadable:
        refuse([*unreadable, *senseless_of(found)])
    return found
