"""The picture above a group's tables, drawn for every choice that its controls offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.grouping import Group
from bench.leaderboard.page.overview.drawn import plot_of
from bench.leaderboard.page.overview.marks import every_cell, worst_marks
from bench.leaderboard.page.overview.measures import Measure, measures
from bench.leaderboard.page.overview.reported import REPORTED, SOURCE, Reported
from bench.leaderboard.page.overview.utility import title_of, utilities
from bench.leaderboard.page.plots import NARROW, WIDE
from bench.leaderboard.page.svg.markers import marker_icon
from bench.leaderboard.page.svg.scatter import scatter
from bench.types.threat import LAST_RANKED_TIER

EVERY_CELL = "all"
_SIZES = (("wide", WIDE), ("narrow", NARROW))


@dataclass(frozen=True, eq=False)
class Drawing:
    """The picture for one choice.

    Attributes:
        key: the choice, as the page's script spells it: measure, utility, and `worst-T` or `all`.
        sizes: for wide and for narrow screens; empty if nothing can be drawn.
    """

    key: str
    sizes: tuple[Markup, ...]


@dataclass(frozen=True, eq=False)
class OverviewView:
    """All drawings of one group and what they need around them.

    Attributes:
        measures: key and title of every score, the default first.
        utilities: likewise for the other axis.
        attacks: names that can be looked at alone.
        first: what the page shows before anything is chosen.
        others: all other drawings.
    """

    ident: str
    measures: tuple[tuple[str, str], ...]
    utilities: tuple[tuple[str, str], ...]
    attacks: tuple[str, ...]
    first: Drawing
    others: tuple[Drawing, ...]
    legend: tuple[tuple[Markup, str], ...]
    reported: tuple[Reported, ...]
    reported_icon: Markup
    source: str


def overview_view(group: Group, series: Mapping[str, int], ident: str) -> OverviewView | None:
    """The drawings; None if no cell of the group has a score of attacks that tell people apart.

    Args:
        group: what to draw.
        series: marker index of every defense.
        ident: unique on the page.
    """
    known = measures(group.entries)
    if not known:
        return None
    offered = utilities(group.classes)
    drawings = [
        drawing
        for number, (measure, utility) in enumerate((measure, utility) for measure in known for utility in offered)
        for drawing in _drawings(group, measure, utility, series, f"{ident}-{number}")
    ]
    start = f"{known[0].key}|{offered[0]}|worst-{int(LAST_RANKED_TIER)}"
    (first,) = (drawing for drawing in drawings if drawing.key == start)
    cells = [mark.entry for measure in known for mark in every_cell(group.entries, measure)]
    names = dict.fromkeys(entry.defense for entry in cells)
    return OverviewView(
        ident=ident,
        measures=tuple((measure.key, measure.title) for measure in known),
        utilities=tuple((utility, title_of(utility)) for utility in offered),
        attacks=tuple(sorted({entry.attack for entry in cells})),
        first=first,
        others=tuple(drawing for drawing in drawings if drawing is not first and drawing.sizes),
        legend=tuple((marker_icon(series[name], hollow=False), name) for name in names),
        reported=() if group.key.synthetic else REPORTED,
        reported_icon=marker_icon(None, hollow=True),
        source=SOURCE,
    )


def _drawings(group: Group, measure: Measure, utility: str, series: Mapping[str, int], ident: str) -> Sequence[Drawing]:
    marks = {
        f"worst-{tier}": worst_marks(group.entries, group.worst_by_tier, measure, tier) for tier in group.worst_by_tier
    }
    marks[EVERY_CELL] = every_cell(group.entries, measure)
    found = []
    for view, shown in marks.items():
        sizes = tuple(
            scatter(plot, size, css)
            for css, size in _SIZES
            if (plot := plot_of(shown, measure, utility, series, f"{ident}-{view}-{css}")) is not None
        )
        found.append(Drawing(f"{measure.key}|{utility}|{view}", sizes))
    return found
