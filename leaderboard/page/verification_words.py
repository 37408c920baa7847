"""The verification view as facts: what it takes two scans to be called one person."""

from bench.leaderboard.numbers import DASH, finite, percent
from bench.leaderboard.page.facts import Fact, interval_fact
from bench.records.privacy import OperatingPoint, Verification


def verification_facts(found: Verification | None) -> list[Fact]:
    """AUC and TPR at every FPR; an FPR without support says which is the smallest that has it."""
    if found is None:
        return []
    return [*_rates(found), Fact("Pairs of scans", f"{found.genuine:,} of one person, {found.impostors:,} of two")]


def membership_facts(found: Verification | None) -> list[Fact]:
    """The same where membership is the goal."""
    if found is None:
        return []
    return [*_rates(found), Fact("People asked about", f"{found.genuine:,} trained on, {found.impostors:,} not")]


def _rates(found: Verification) -> list[Fact]:
    smallest = finite(found.smallest_fpr)
    unsupported = "too few comparisons" if smallest is None else f"smallest supported FPR {percent(smallest)}"
    rates = [_rate(point, unsupported) for point in found.operating_points]
    return [interval_fact("AUC", found.auc, "0.5 is chance"), *rates]


def _rate(point: OperatingPoint, unsupported: str) -> Fact:
    term = f"TPR at {percent(point.fpr)} FPR"
    if point.tpr is None or finite(point.tpr.value) is None:
        return Fact(term, DASH, unsupported)
    return interval_fact(term, point.tpr)
