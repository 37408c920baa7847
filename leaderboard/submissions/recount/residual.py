"""Residual risk as a record says it, beside the same counted again."""

import math
from collections.abc import Iterator, Sequence

from bench.leaderboard.submissions.recount.retrieval import TOLERANCE
from bench.leaderboard.submissions.recount.said import about_interval, about_number, about_people
from bench.leaderboard.submissions.recount.ties import Ties
from bench.metrics.residual import residual_risk, risk_distribution
from bench.metrics.retrieval import Retrieval
from bench.metrics.unenrolled import unenrolled_precisions
from bench.records.privacy import Residual
from bench.types.claim import Linkage

TOLERANCE_OF_STRANGERS = 0.1
"""Strangers are drawn: over our own records, drawn again, their mean moved by a fortieth."""


def about_residual(
    said: Residual, found: Retrieval, linkages: Sequence[Linkage], people: Sequence[str], ties: Ties
) -> Iterator[str]:
    """A line for every number that differs.

    Args:
        said: by the record.
        found: retrieval counted again.
        linkages: one for every set of keys.
        people: the hashed person behind every scan.
        ties: among the candidates.
    """
    risks = {person: math.fsum(values) / len(values) for person, values in found.average_precisions.items()}
    strangers = unenrolled_precisions(tuple(linkages), people, "recount")
    excess, spread = residual_risk(risks, strangers, "recount"), risk_distribution(risks)
    control = math.fsum(strangers.values()) / len(strangers)
    near, drawn = TOLERANCE + ties.of_precision, TOLERANCE_OF_STRANGERS + ties.of_precision
    of_the_rest = drawn / max(1 - control, drawn)  # excess is a share of what strangers leave, which may be little
    one_person = 1.0 if ties.anywhere else TOLERANCE  # a single tie may put their scan first or second
    yield from about_interval("excess over strangers", said.excess, excess, of_the_rest, of_the_rest)
    yield from about_number("score of strangers", said.control, control, drawn)
    yield from about_number("mean risk", said.mean, spread.mean, near)
    yield from about_number("95th percentile of the risk", said.p95, spread.p95, one_person)
    yield from about_number("largest risk", said.maximum, spread.maximum, one_person)
    yield from about_people("risk", said.per_subject, risks, one_person)
