"""The linkage behind a record, read from the file beside it."""

from collections import Counter
from pathlib import Path

import numpy as np

from bench.errors import BenchError
from bench.records.claims import StoredLinkage, read_linkage


class NoLinkageError(Exception):
    """Why a record's linkage cannot be judged, in words for the page; names no path."""


def linkage_beside(record: Path, name: str | None) -> StoredLinkage:
    """The linkage in the file `name` beside the record file.

    Only a plain file in the record's own folder is read: a record is untrusted and must not pull in other files.

    Raises:
        NoLinkageError: there is none, it is damaged, or nobody in it could be recognised.
    """
    if name is None:
        raise NoLinkageError("the record keeps no linkage file")
    if not name.endswith(".npz") or name.startswith(".") or any(letter in name for letter in "/\\\0"):
        raise NoLinkageError("the record's linkage is not a plain .npz file beside it")
    file = record.parent / name
    if not file.is_file():
        raise NoLinkageError("the linkage file is missing beside the record; run its command again")
    if file.resolve().parent != record.parent.resolve():
        raise NoLinkageError("the record's linkage is not a plain .npz file beside it")
    try:
        linkage = read_linkage(file)
    except BenchError as error:
        raise NoLinkageError("the linkage file beside the record is damaged; run its command again") from error
    if not np.isfinite(linkage.scores[~np.eye(len(linkage.people), dtype=bool)]).all():
        raise NoLinkageError("the linkage file holds scores that are no finite numbers")
    scans = Counter(linkage.people)
    if len(scans) < 2 or max(scans.values()) < 2:
        raise NoLinkageError("the linkage file needs two people or more, one of them with two scans")
    return linkage
