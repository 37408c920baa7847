"""Scoring what an attack claims, against the truth that only this side knows."""

from collections.abc import Callable, Sequence

from bench.metrics.retrieval import Retrieval, score_linkage
from bench.records.schema import Interval, Privacy, Score
from bench.types.claim import Claim, Linkage
from bench.types.estimate import Estimate
from bench.types.scan import Scan
from bench.types.threat import Goal


def score_claim(goal: Goal, claim: object, scans: Sequence[Scan], axes: tuple[str | int, ...]) -> Privacy:
    """The privacy part of a record.

    Args:
        claim: what the attack returned.
        scans: the scan behind every release, in the order of the transcript.
        axes: seed axes for ties and the bootstrap.

    Raises:
        TypeError: the claim is not of the goal's type.
        ValueError: it has the wrong shape, or holds NaN.
    """
    expected, score = _SCORERS[goal]
    if not isinstance(claim, expected):
        raise TypeError(f"an attack with goal {goal.value} must return {expected.__name__}, got {type(claim).__name__}")
    return score(claim, scans, axes)


def linkage_scores(claim: Linkage, scans: Sequence[Scan], axes: tuple[str | int, ...]) -> dict[str, Score]:
    """Every score of a linkage beside chance; for arguments and errors see `score_claim`."""
    return _scores(score_linkage(claim, [scan.subject for scan in scans], *axes))


def _score_linkage(claim: Linkage, scans: Sequence[Scan], axes: tuple[str | int, ...]) -> Privacy:
    found = score_linkage(claim, [scan.subject for scan in scans], *axes)
    return Privacy(
        scores=_scores(found),
        headline="map",
        details={
            **claim.details,
            "gallery": "encoded against encoded, leave one out",
            "probes": sum(len(values) for values in found.hits.values()),
            "candidates": len(scans) - 1,
        },
    )


def _scores(found: Retrieval) -> dict[str, Score]:
    return {
        "map": _score(found.map, found.chance_map),
        "macro_f1": _score(found.macro_f1, found.chance_macro_f1),
        "rank1": _score(found.rank1, found.chance_rank1),
        "cmc5": _score(found.cmc5, found.chance_cmc5),
    }


def _score(estimate: Estimate, chance: float) -> Score:
    return Score(value=Interval.of(estimate), chance=chance)


_SCORERS: dict[Goal, tuple[type[Claim], Callable[..., Privacy]]] = {Goal.LINKAGE: (Linkage, _score_linkage)}
