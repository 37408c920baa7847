"""The curves in the details of a cell: what leaks stands beside what it buys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from bench.leaderboard.entry import Entry
from bench.leaderboard.numbers import finite
from bench.leaderboard.page.plots import in_reach, limits_of
from bench.leaderboard.page.svg.curve import Chart, Knot, curve
from bench.leaderboard.page.svg.histogram import histogram
from bench.leaderboard.page.svg.roc import roc
from bench.records.parts import Interval
from bench.records.privacy import LeakCurve, Trace
from bench.records.score_names import shown

_DICE, _LEAKAGE = 0, 1
CLOSENESS = "ms_ssim"
MOST_TRACES = 6
FEWEST_PEOPLE = 4
_LEAST_FPR = 1e-9  # far below what any cohort supports


@dataclass(frozen=True)
class Figure:
    """A drawing with its title.

    Attributes:
        note: what is missing in it; empty if nothing is.
    """

    title: str
    drawing: Markup
    note: str


def cell_figures(entry: Entry, ident: str) -> list[Figure]:
    """ROC, risk by person, leakage and Dice along queries and along the dial, traces; what is too short is left out."""
    utility, privacy = entry.record.utility, entry.privacy
    by_queries = [(float(point.queries), point.dice) for point in utility.dice_by_queries if point.queries >= 1]
    dial = utility.dice_by_dial
    by_dial = [] if dial is None else [(point.value, point.dice) for point in dial.points]
    found = [
        _roc(entry, f"{ident}-roc"),
        _people(entry, f"{ident}-people"),
        _leakage(entry, None if privacy is None else privacy.by_queries, f"{ident}-lq", logarithmic=True),
        _dice(by_queries, "queries", f"{ident}-dq", logarithmic=True),
        _leakage(entry, None if privacy is None else privacy.by_dial, f"{ident}-ld", logarithmic=False),
        _dice(by_dial, "" if dial is None else dial.name, f"{ident}-dd", logarithmic=False),
    ]
    traces = [] if privacy is None else privacy.traces[:MOST_TRACES]
    found += [_trace(trace, f"{ident}-t{place}") for place, trace in enumerate(traces)]
    return [figure for figure in found if figure is not None]


def _trace(trace: Trace, ident: str) -> Figure | None:
    """How close images come along calls, restarts or queries: on a few scans, so without the page's other numbers."""
    knots = knots_of((point.at, point.scores[CLOSENESS]) for point in trace.points if CLOSENESS in point.scores)
    if len(knots) < 2 or knots[0].at <= 0 or any(b.at <= a.at for a, b in pairwise(knots)):
        return None
    along = trace.along[:40]
    titles = (along, shown(CLOSENESS))
    drawing = curve(Chart(ident=ident, titles=titles, logarithmic=True, chance=None, series=_LEAKAGE), knots)
    people = max((point.scores[CLOSENESS].n for point in trace.points if CLOSENESS in point.scores), default=0)
    return Figure(f"{shown(CLOSENESS)} along {along}", drawing, f"on scans of {people} people")


def _roc(entry: Entry, ident: str) -> Figure | None:
    if entry.verification is None:
        return None
    points = ((point.fpr, point.tpr) for point in entry.verification.roc if _LEAST_FPR <= point.fpr <= 1)
    knots = knots_of((fpr, tpr) for fpr, tpr in points if tpr is not None)
    return Figure("TPR against false alarms", roc(ident, knots), "") if len(knots) > 1 else None


def _people(entry: Entry, ident: str) -> Figure | None:
    """The page's average hides whoever is hidden worst."""
    if entry.privacy is None or entry.privacy.residual is None or entry.headline_name is None:
        return None
    risks = [finite(risk) for risk in entry.privacy.residual.per_subject.values()]
    known = [risk for risk in risks if risk is not None and 0 <= risk <= 1]
    if len(known) < FEWEST_PEOPLE or len(known) < len(risks):
        return None
    title = f"{shown(entry.headline_name)}, person by person"
    return Figure(title, histogram(ident, known, (shown(entry.headline_name), "People")), "")


def _leakage(entry: Entry, along: LeakCurve | None, ident: str, *, logarithmic: bool) -> Figure | None:
    if along is None or entry.headline is None or entry.headline_name is None:
        return None
    points = [(point.at, point.score) for point in along.points if point.at > 0 or not logarithmic]
    knots = knots_of(points)
    if len(knots) < 2:
        return None
    name = shown(entry.headline_name)
    chance = entry.headline.chance if in_reach(entry.headline.chance) else None
    lost = [f"{at:g}" for at, score in points if score.value is None]
    said = "; ".join(dict.fromkeys(point.reason for point in along.points if point.reason is not None))
    note = f"No score at {', '.join(lost)}: the attack failed there{said and f' ({said})'}." if lost else ""
    chart = Chart(
        ident=ident, titles=(along_title(along.along), name), logarithmic=logarithmic, chance=chance, series=_LEAKAGE
    )
    return Figure(f"Leakage ({name}) against {along.along}", curve(chart, knots), note)


def _dice(points: Sequence[tuple[float, Interval]], along: str, ident: str, *, logarithmic: bool) -> Figure | None:
    knots = knots_of(points)
    if len(knots) < 2:
        return None
    chart = Chart(
        ident=ident, titles=(along_title(along), "Average Dice"), logarithmic=logarithmic, chance=None, series=_DICE
    )
    return Figure(f"Dice against {along}", curve(chart, knots), "")


def along_title(along: str) -> str:
    """The axis title of what a curve runs along."""
    return "Queries per scan" if along == "queries" else along[:40]


def knots_of(points: Iterable[tuple[float, Interval]]) -> list[Knot]:
    """The points that can be drawn, from left to right; none if an axis could not hold them apart."""
    found = {
        at: Knot(at, interval.value, limits_of(interval))
        for at, interval in points
        if in_reach(at) and interval.value is not None and in_reach(interval.value)
    }
    knots = [found[at] for at in sorted(found)]
    # Places that no axis could hold apart are not drawn.
    return knots if all(b.at - a.at > 1e-9 * max(abs(a.at), abs(b.at)) for a, b in pairwise(knots)) else []
