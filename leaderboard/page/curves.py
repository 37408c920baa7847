"""One defense under all attacks, along the number of queries and along its dial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.entry import Entry
from bench.leaderboard.page.cell_figures import along_title, knots_of
from bench.leaderboard.page.plots import in_reach
from bench.leaderboard.page.svg.curve import Chart
from bench.leaderboard.page.svg.lines import Line, lines
from bench.leaderboard.page.svg.markers import marker_icon
from bench.records.privacy import LeakCurve
from bench.records.score_names import shown

FEWEST_ATTACKS = 2
"""One curve alone stands in the details of its cell."""


@dataclass(frozen=True, eq=False)
class Curves:
    """A drawing.

    Attributes:
        legend: marker, name and tier, attack by attack.
    """

    title: str
    drawing: Markup
    legend: tuple[tuple[Markup, str, int], ...]


def curves_of(entries: Sequence[Entry], ident: str) -> list[Curves]:
    """The drawings of one defense: for every headline score what leaks along queries, then along the dial.

    Args:
        entries: its cells; of several seeds the first counts.
        ident: start of every drawing's ident.
    """
    series = {name: place for place, name in enumerate(sorted({entry.attack for entry in entries}))}
    found = []
    for place, headline in enumerate(sorted({entry.headline_name for entry in entries if entry.headline_name})):
        linking: dict[str, Entry] = {}
        for entry in sorted(entries, key=lambda entry: entry.record.seed):
            if entry.headline_name == headline and entry.record.attack.threat.links:
                linking.setdefault(entry.attack, entry)
        tiers = {name: int(entry.record.attack.threat.tier) for name, entry in linking.items()}
        by_queries = {name: entry.privacy.by_queries for name, entry in linking.items() if entry.privacy}
        by_dial = {name: entry.privacy.by_dial for name, entry in linking.items() if entry.privacy}
        chance = _chance(list(linking.values()))
        for number, (along, logarithmic) in enumerate(((by_queries, True), (by_dial, False))):
            drawn = _drawn(along, tiers, series, headline, chance, f"{ident}-{place}-{number}", logarithmic=logarithmic)
            found += [] if drawn is None else [drawn]
    return found


def _drawn(
    along: Mapping[str, LeakCurve | None],
    tiers: Mapping[str, int],
    series: Mapping[str, int],
    headline: str,
    chance: float | None,
    ident: str,
    *,
    logarithmic: bool,
) -> Curves | None:
    names = {curve.along for curve in along.values() if curve is not None}
    found = []
    for attack, curve in sorted(along.items()):
        points = [] if curve is None else [(point.at, point.score) for point in curve.points]
        knots = knots_of((at, score) for at, score in points if at > 0 or not logarithmic)
        if len(knots) > 1:
            found.append(Line(attack, tiers[attack], series[attack], tuple(knots)))
    if len(found) < FEWEST_ATTACKS or len(names) != 1:
        return None
    (name,) = names
    titles = (along_title(name), shown(headline))
    chart = Chart(ident=ident, titles=titles, logarithmic=logarithmic, chance=chance, series=0)
    legend = tuple((marker_icon(line.series, hollow=False), line.name, line.tier) for line in found)
    return Curves(f"{shown(headline)} against {name}, attack by attack", lines(chart, found), legend)


def _chance(entries: Sequence[Entry]) -> float | None:
    """One line serves only if all attacks share it."""
    chances = {entry.headline.chance for entry in entries if entry.headline is not None}
    (only,) = chances if len(chances) == 1 else (None,)
    return only if in_reach(only) else None
