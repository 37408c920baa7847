"""What an attack must hand back: a claim of its goal's type that can be scored."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bench.metrics.probes import checked_scores
from bench.types.claim import Attribute, Claim, LabelMaps, Linkage, Membership, Reconstruction
from bench.types.threat import Goal
from bench.types.traits import TRAITS

FAR = 1.0
"""By how much an image may leave [0, 1] before it is taken for one on another scale."""
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
        checked_scores(replace(claim, scores=claim.scores.float()), scans)  # as it is stored
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
