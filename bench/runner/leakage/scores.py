"""Scoring what an attack claims, against the truth that only this side knows."""

import math
from collections.abc import Mapping, Sequence

from bench.metrics.residual import residual_risk, risk_distribution
from bench.metrics.retrieval import Retrieval, score_linkage
from bench.metrics.unenrolled import unenrolled_precisions
from bench.metrics.verification import verify
from bench.records.goals import HEADLINES
from bench.records.parts import Interval
from bench.records.privacy import OperatingPoint, Residual, Score, Verification
from bench.runner.traffic.people import pseudonym
from bench.types.claim import Repeated
from bench.types.estimate import Estimate
from bench.types.scan import Scan
from bench.types.threat import Goal

HEADLINE = HEADLINES[Goal.LINKAGE]


def linkage_scores(claims: Repeated, scans: Sequence[Scan], axes: tuple[str | int, ...]) -> dict[str, Score]:
    """Every score of a linkage beside chance.

    Args:
        scans: the scan behind every release, in the order of the transcript.
        axes: seed axes for ties and the bootstrap.
    """
    return shown(score_linkage(claims, [scan.subject for scan in scans], *axes))


def shown(found: Retrieval) -> dict[str, Score]:
    """Retrieval scores in the form of the record."""
    return {
        "map": _score(found.map, found.chance_map),
        "macro_f1": _score(found.macro_f1, found.chance_macro_f1),
        "rank1": _score(found.rank1, found.chance_rank1),
        "cmc5": _score(found.cmc5, found.chance_cmc5),
    }


def verification(claims: Repeated, scans: Sequence[Scan], salt: str, axes: tuple[str | int, ...]) -> Verification:
    """The verification view of a linkage; people are named by `salt`."""
    found = verify(claims, [scan.subject for scan in scans], *axes, "verification")
    return Verification(
        auc=Interval.of(found.auc),
        operating_points=[OperatingPoint.of(point.fpr, point.tpr) for point in found.tprs],
        smallest_fpr=found.smallest_fpr,
        roc=[OperatingPoint.of(point.fpr, point.tpr) for point in found.roc],
        genuine=found.genuine,
        impostors=found.impostors,
        fpr_per_subject=_hashed(found.subject_fprs, salt),
        tpr_per_subject=_hashed(found.subject_tprs, salt),
    )


def residual(
    claims: Repeated, found: Retrieval, scans: Sequence[Scan], salt: str, axes: tuple[str | int, ...]
) -> Residual:
    """What is found of people beyond what is found of strangers, and who carries it."""
    risks = {person: math.fsum(values) / len(values) for person, values in found.average_precisions.items()}
    control = unenrolled_precisions(claims, [scan.subject for scan in scans], *axes)
    spread = risk_distribution(risks)
    return Residual(
        excess=Interval.of(residual_risk(risks, control, *axes, "residual")),
        control=math.fsum(control.values()) / len(control),
        mean=spread.mean,
        p95=spread.p95,
        maximum=spread.maximum,
        per_subject=_hashed(risks, salt),
    )


def _score(estimate: Estimate, chance: float) -> Score:
    return Score(value=Interval.of(estimate), chance=chance)


def _hashed(values: Mapping[str, float], salt: str) -> dict[str, float | None]:
    return {pseudonym(person, salt): value for person, value in values.items()}
