"""The linkage behind a record, read from the file beside it."""

from collections import Counter
from pathlib import Path

import numpy as np
import torch

from bench.errors import BenchError
from bench.leaderboard.submissions.arrays import MOST_BYTES, readable
from bench.metrics.comparisons import compare
from bench.metrics.probes import probes_of
from bench.metrics.rates import rates
from bench.metrics.verification import FPRS
from bench.records.claims import StoredLinkage, read_linkage
from bench.types.claim import Linkage

AUC_TOLERANCE = 0.002
"""Scores are stored in single precision, which may tie what differed."""


class NoLinkageError(Exception):
    """Why a record's linkage cannot be judged, in words for the page; names no path."""


def linkage_beside(record: Path, name: str | None, auc: float | None) -> StoredLinkage:
    """The linkage in the file `name` beside the record file, which must give the AUC that the record states.

    Only a plain file in the record's own folder is read: a record is untrusted and must not pull in other files.

    Raises:
        NoLinkageError: there is none, it is damaged, it is not what the record was scored on, or nobody in it could be
            recognised.
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
    if file.stat().st_size > MOST_BYTES or not readable(file.read_bytes()):
        raise NoLinkageError("the linkage file beside the record is damaged or too large; run its command again")
    try:
        linkage = read_linkage(file)
    except BenchError as error:
        raise NoLinkageError("the linkage file beside the record is damaged; run its command again") from error
    compared = ~np.eye(len(linkage.people), dtype=bool)
    compared &= probes_of(linkages_of(linkage), len(linkage.people))[:, None]
    if not np.isfinite(linkage.scores[:, compared]).all():
        raise NoLinkageError("the linkage file holds scores that are no finite numbers")
    scans = Counter(linkage.people)
    asked = {person for person, row in zip(linkage.people, compared, strict=True) if row.any()}
    if len(scans) < 2 or max(scans[person] for person in asked) < 2:
        raise NoLinkageError("the linkage file needs two people or more, one of them with two scans and asked about")
    everybody_once = np.ones(len(scans), dtype=np.int64)
    found = rates(compare(linkages_of(linkage), linkage.people), everybody_once, np.array(FPRS))[1]
    if auc is None or abs(found - auc) > AUC_TOLERANCE:
        raise NoLinkageError(f"the linkage file beside the record gives AUC {found:.3f}, the record says {_said(auc)}")
    return linkage


def linkages_of(stored: StoredLinkage) -> tuple[Linkage, ...]:
    """One linkage for every repetition."""
    return tuple(Linkage(torch.from_numpy(scores), probes=stored.probes) for scores in stored.scores)


def _said(auc: float | None) -> str:
    return "none" if auc is None else f"{auc:.3f}"
