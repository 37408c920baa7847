"""What stands behind a score, and the worst case of a defense, as JSON values."""

from typing import Any

from bench.leaderboard.numbers import finite
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.leaderboard.worst_case.rates import Rates, paper_alone, union_of, worst_of
from bench.records.parts import Interval
from bench.records.privacy import LeakCheck, LeakCurve, Residual, Verification
from bench.records.schema import Record
from bench.records.utility import Utility

_EVIDENCE = ("controls", "verification", "residual", "reference_preferred", "leakage_by_queries", "leakage_by_dial")


def interval_json(interval: Interval | None) -> dict[str, float | int | None]:
    """A number with its bounds; null where there is no finite one."""
    if interval is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {
        "value": finite(interval.value),
        "low": finite(interval.low),
        "high": finite(interval.high),
        "n": interval.n,
    }


def evidence_json(record: Record) -> dict[str, Any]:
    """Known-answer checks, controls, verification, residual risk, confound and leakage curves of one cell."""
    validity, privacy = record.validity, record.privacy
    checks = None if validity is None else {name: _check(leak) for name, leak in validity.leaks.items()}
    if privacy is None:
        return {"checks": checks, **dict.fromkeys(_EVIDENCE)}
    seen, risk, confound = privacy.verification, privacy.residual, privacy.confound
    return {
        "checks": checks,
        "controls": {
            name: {score: interval_json(found) for score, found in sorted(control.scores.items())}
            for name, control in sorted(privacy.controls.items())
        },
        "verification": None if seen is None else _seen(seen),
        "residual": None if risk is None else _residual(risk),
        "reference_preferred": None if confound is None else interval_json(confound.reference_preferred),
        "leakage_by_queries": _curve(privacy.by_queries),
        "leakage_by_dial": _curve(privacy.by_dial),
    }


def dice_along_json(utility: Utility) -> dict[str, Any]:
    """Dice along the number of queries and along the dial of the defense; null without a dial."""
    dial = utility.dice_by_dial
    turned = [] if dial is None else [{"at": finite(one.value), "dice": interval_json(one.dice)} for one in dial.points]
    return {
        "dice_by_queries": [
            {"queries": one.queries, "dice": interval_json(one.dice)} for one in utility.dice_by_queries
        ],
        "dice_by_dial": None if dial is None else {"along": dial.name, "points": turned},
    }


def worst_json(one: RankedRow) -> dict[str, Any]:
    """One row of the table of worst cases."""
    row = one.row
    return {
        "defense": row.defense,
        "seed": row.seed,
        "best_rank": None if one.standing is None else one.standing.best,
        "worst_rank": None if one.standing is None else one.standing.worst,
        "not_told_from": [] if one.standing is None else sorted(one.standing.level),
        "dice_average": interval_json(one.example.record.utility.dice_average),
        "worst": _rates(worst_of(one)),
        "worst_attack": None if one.strongest is None else one.strongest.attack,
        "best_attack_alone": None if one.strongest is None else one.strongest.alone,
        "as_good_alone": [] if one.strongest is None else list(one.strongest.alike),
        "all_together": _rates(union_of(one)),
        "paper_attack": row.paper,
        "paper": _rates(paper_alone(one)),
        "attacks": sorted(row.entries),
        "took_no_part": [
            {"attack": entry.attack, "cell": entry.record.cell, "reason": reason} for entry, reason in row.absent
        ],
        "no_rank_because_of": list(one.open_attacks),
        "never_run": list(one.spared),
    }


def _rates(found: Rates) -> dict[str, Any] | None:
    if found.auc is None:
        return None
    return {
        "auc": interval_json(found.auc),
        "tpr_at_10_percent": interval_json(found.tpr),
        "smallest_fpr": finite(found.smallest_fpr),
    }


def _seen(seen: Verification) -> dict[str, Any]:
    return {
        "auc": interval_json(seen.auc),
        "operating_points": [
            {"fpr": finite(point.fpr), "tpr": None if point.tpr is None else interval_json(point.tpr)}
            for point in seen.operating_points
        ],
        "smallest_fpr": finite(seen.smallest_fpr),
        "genuine": seen.genuine,
        "impostors": seen.impostors,
    }


def _residual(risk: Residual) -> dict[str, Any]:
    return {
        "excess": interval_json(risk.excess),
        "strangers": finite(risk.control),
        "mean": finite(risk.mean),
        "p95": finite(risk.p95),
        "maximum": finite(risk.maximum),
    }


def _check(leak: LeakCheck) -> dict[str, Any]:
    score = None if leak.score is None else {**interval_json(leak.score.value), "chance": finite(leak.score.chance)}
    return {"passed": leak.passed, "score": score, "reason": leak.reason}


def _curve(along: LeakCurve | None) -> dict[str, Any] | None:
    if along is None:
        return None
    points = [{"at": finite(point.at), "score": interval_json(point.score)} for point in along.points]
    return {"along": along.along, "points": points}
