"""Scoring what an attack claims, against the truth that only this side knows."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from bench.metrics.probes import checked_scores
from bench.metrics.residual import residual_risk, risk_distribution
from bench.metrics.retrieval import Retrieval, score_linkage
from bench.metrics.unenrolled import unenrolled_precisions
from bench.metrics.verification import OperatingPoint as Point
from bench.metrics.verification import verify
from bench.records.parts import Interval
from bench.records.privacy import OperatingPoint, Residual, Score, Verification
from bench.runner.traffic.people import pseudonym
from bench.types.claim import Attribute, Claim, LabelMaps, Linkage, Membership, Reconstruction, Repeated
from bench.types.estimate import Estimate
from bench.types.scan import Scan
from bench.types.threat import Goal
from bench.types.traits import TRAITS

FAR = 1.0
"""By how much an image may leave [0, 1] before it is taken for one on another scale."""
HEADLINE = "map"
"""The score of a linkage that the leaderboard shows."""
CLAIMS: Mapping[Goal, type[Claim]] = {
    Goal.LINKAGE: Linkage,
    Goal.RECONSTRUCTION: Reconstruction,
    Goal.LABELS: LabelMaps,
    Goal.MEMBERSHIP: Membership,
    Goal.ATTRIBUTE: Attribute,
}
"""What an attack with each goal must return."""


def checked_claim(
    goal: Goal,
    claim: object,
    scans: int,
    shape: tuple[int, int, int],
    classes: int,
    wanted: tuple[int, ...] | None = None,
    traits: Sequence[str] = tuple(TRAITS),
) -> Claim:
    """The claim, if it can be scored.

    Args:
        scans: number of releases, or of candidates where membership is the goal.
        shape: of a scan.
        classes: number of classes, the background among them.
        wanted: which releases a reconstruction was asked of; None for all.
        traits: of which one at least must be predicted where traits are the goal.

    Raises:
        TypeError: it is not of the goal's type.
        ValueError: it has the wrong shape, holds NaN, or names a class or a trait that is none.
    """
    expected = CLAIMS[goal]
    if not isinstance(claim, expected):
        raise TypeError(f"an attack with goal {goal.value} must return {expected.__name__}, got {type(claim).__name__}")
    asked = scans if wanted is None else len(wanted)
    _check_alphas(claim.details.get("alpha"), asked)
    if isinstance(claim, Linkage):
        if claim.probes is not None:
            raise ValueError("which rows of a linkage count is the suite's to say; leave out `probes`")
        checked_scores(claim, scans)
        return claim
    if isinstance(claim, Membership):
        _check_members(claim.scores, scans)
        return claim
    if isinstance(claim, Attribute):
        _check_predicted(claim.predicted, scans, traits)
        return claim
    if isinstance(claim, LabelMaps):
        _check_labels(claim.labels, (scans, *shape), classes)
        return claim
    assert isinstance(claim, Reconstruction)
    _check_images("reconstructions", claim.images, (asked, 1, *shape))
    _check_range("reconstructions", claim.images)
    for title, volume in claim.shown.items():
        _check_images(f"the volume {title!r} in `shown`", volume, shape)
    if claim.others is not None:
        _check_images("others", claim.others, (asked, 1, *shape))
    if claim.filters is not None:
        _check_images("filters", claim.filters, (asked, 1, *shape))
    for name, images in claim.traces.items():
        along = claim.along.get(name, ())
        if not all(isinstance(at, (int, float)) and math.isfinite(at) for at in along) or list(along) != sorted(along):
            raise ValueError(f"the trace {name!r} must run along rising numbers, got {list(along)}")
        if images.ndim != 6 or images.shape[0] != len(along) or not 1 <= images.shape[1] <= asked:
            got = f"{tuple(images.shape)} and {len(along)} numbers"
            raise ValueError(f"the trace {name!r} needs (point, scan, 1, *shape) and one number a point, got {got}")
        _check_images(f"the trace {name!r}", images.flatten(0, 1), (images.shape[0] * images.shape[1], 1, *shape))
    return claim


def _check_members(scores: Tensor, candidates: int) -> None:
    if tuple(scores.shape) != (candidates,):
        raise ValueError(f"membership needs {candidates} scores, one a candidate, got the shape {tuple(scores.shape)}")
    if not bool(scores.isfinite().all()):
        raise ValueError(f"membership scores must be finite, {int((~scores.isfinite()).sum())} are not")


def _check_predicted(predicted: Mapping[str, Tensor], scans: int, traits: Sequence[str]) -> None:
    named = ", ".join(map(str, predicted)) or "none"
    if not predicted.keys() <= TRAITS.keys():
        raise ValueError(f"traits that can be predicted are {', '.join(TRAITS)}, got {named}")
    if predicted.keys().isdisjoint(traits):
        raise ValueError(f"of the traits asked about ({', '.join(traits)}) none is predicted, got {named}")
    for trait, numbers in predicted.items():
        if tuple(numbers.shape) != (scans,):
            raise ValueError(f"{trait} needs {scans} numbers, one a release, got the shape {tuple(numbers.shape)}")
        if not bool(numbers.isfinite().all()):
            raise ValueError(f"predictions of {trait} must be finite, {int((~numbers.isfinite()).sum())} are not")


def _check_labels(labels: Tensor, shape: tuple[int, ...], classes: int) -> None:
    if tuple(labels.shape) != shape:
        raise ValueError(f"label maps must have the shape {shape}, one map a scan, got {tuple(labels.shape)}")
    if labels.dtype != torch.uint8:
        raise ValueError(f"label maps must hold class indices as torch.uint8, got {labels.dtype}")
    if int(labels.max()) >= classes:
        raise ValueError(f"label maps must name classes 0 to {classes - 1}, got {int(labels.max())}")


def _check_alphas(said: object, asked: int) -> None:
    """Numbers under that name are compared with the true weights, so there must be one for every release."""
    if isinstance(said, list) and said and all(isinstance(one, (int, float)) for one in said) and len(said) != asked:
        raise ValueError(f"details['alpha'] needs {asked} numbers, one a wanted release, got {len(said)}")


def _check_range(what: str, images: Tensor) -> None:
    """A little outside is what a solver leaves; far outside is another scale."""
    low, high = images.min().item(), images.max().item()
    if low < -FAR or high > 1 + FAR:
        raise ValueError(f"{what} must lie in [0, 1], got values from {low:g} to {high:g}")


def _check_images(what: str, images: Tensor, expected: tuple[int, ...]) -> None:
    if tuple(images.shape) != expected:
        got = tuple(images.shape)
        each = ", one image a wanted scan" if len(expected) > 3 else ""
        raise ValueError(f"{what} must have the shape {expected}{each}, got {got}")
    odd = int((~images.isfinite()).sum())
    if odd:
        raise ValueError(f"{what} must be finite, {odd} {'value is' if odd == 1 else 'values are'} not")


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
        operating_points=[_point(point) for point in found.tprs],
        smallest_fpr=found.smallest_fpr,
        roc=[_point(point) for point in found.roc],
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


def _point(point: Point) -> OperatingPoint:
    return OperatingPoint(fpr=point.fpr, tpr=None if point.tpr is None else Interval.of(point.tpr))


def _hashed(values: Mapping[str, float], salt: str) -> dict[str, float | None]:
    return {pseudonym(person, salt): value for person, value in values.items()}
