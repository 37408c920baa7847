"""The verification view as a record says it, beside the same counted again."""

from collections.abc import Iterator, Sequence

from bench.leaderboard.submissions.recount.said import about_interval, about_number, about_people
from bench.metrics.verification import OperatingPoint as Point
from bench.metrics.verification import Verification as Counted
from bench.records.privacy import OperatingPoint, Verification

TOLERANCE = 0.002
"""Scores are stored in single precision, which may tie what differed."""
TOLERANCE_OF_BOUNDS = 0.1
TOLERANCE_OF_BOUNDS_OF_TPR = 0.4
"""A rate at a threshold moves in steps of a few people, and near 1 the interval is Wilson's or drawn, as it happens:
over our own records, drawn again, a bound moved by .3 at most."""


def about_verification(said: Verification, found: Counted) -> Iterator[str]:
    """A line for every number that differs.

    Args:
        said: by the record.
        found: counted again.
    """
    yield from about_interval("AUC", said.auc, found.auc, TOLERANCE, TOLERANCE_OF_BOUNDS)
    for name, stated, true in (
        ("genuine comparisons", said.genuine, found.genuine),
        ("impostor comparisons", said.impostors, found.impostors),
    ):
        if stated != true:
            yield f"{stated} {name}, the linkage has {true}"
    yield from about_number("smallest FPR", said.smallest_fpr, found.smallest_fpr, TOLERANCE)
    yield from _about_points("operating points", said.operating_points, found.tprs)
    yield from _about_points("points of the ROC", said.roc, found.roc)
    yield from about_people("FPR", said.fpr_per_subject, found.subject_fprs, TOLERANCE)
    yield from about_people("TPR", said.tpr_per_subject, found.subject_tprs, TOLERANCE)


def _about_points(what: str, said: Sequence[OperatingPoint], true: Sequence[Point]) -> Iterator[str]:
    if len(said) != len(true) or any(abs(a.fpr - b.fpr) > TOLERANCE for a, b in zip(said, true, strict=True)):
        yield f"{what} at other FPRs than the linkage supports"
        return
    for stated, counted in zip(said, true, strict=True):
        name = f"TPR at {counted.fpr:.3g} FPR, of the {what},"
        if stated.tpr is None or counted.tpr is None:
            if (stated.tpr is None) != (counted.tpr is None):
                yield f"{name} is {'not ' if stated.tpr is None else ''}there, the linkage supports it otherwise"
        else:
            yield from about_interval(name, stated.tpr, counted.tpr, TOLERANCE, TOLERANCE_OF_BOUNDS_OF_TPR)
