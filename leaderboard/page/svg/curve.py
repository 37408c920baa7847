"""A number with its interval along another one: queries, or the setting of a dial."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import SubElement

from markupsafe import Markup

from bench.leaderboard.page.svg.axes import draw_axes
from bench.leaderboard.page.svg.drawing import Size, drawing, line, markup, pixels, text
from bench.leaderboard.page.svg.scales import close_domain, domain

SIZE = Size(340, 210)
MOST_TICKS = 7


@dataclass(frozen=True)
class Knot:
    """The value at one place, with its 95 % interval where there is one."""

    at: float
    value: float
    limits: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a curve shows.

    Attributes:
        ident: unique on the page.
        titles: of the x and the y axis.
        logarithmic: places lie on a logarithmic axis; they must be positive.
        chance: where a guess stands; None draws no line and brings the y axis close around the values.
        series: index of the colour.
    """

    ident: str
    titles: tuple[str, str]
    logarithmic: bool
    chance: float | None
    series: int


def curve(chart: Chart, knots: Sequence[Knot]) -> Markup:
    """The curve as inline SVG.

    Raises:
        ValueError: fewer than two knots, or places that do not grow.
    """
    if len(knots) < 2 or any(b.at <= a.at for a, b in itertools.pairwise(knots)):
        raise ValueError(f"a curve needs at least two growing places, got {[knot.at for knot in knots]}")
    x_title, y_title = chart.titles
    spoken = "; ".join(f"{knot.at:g}: {knot.value:.3f}" for knot in knots)
    root = drawing(SIZE, chart.ident, f"{y_title} against {x_title.lower()}", spoken, "plot curve")
    where = [math.log(knot.at) if chart.logarithmic else knot.at for knot in knots]
    values = [value for knot in knots for value in (knot.value, *(knot.limits or ()))]
    limits = close_domain(values) if chart.chance is None else domain([*values, chart.chance])
    stride = math.ceil(len(knots) / MOST_TICKS)
    marks = [(place, f"{knot.at:g}") for place, knot in zip(where, knots, strict=True)][::stride]
    axes = draw_axes(root, SIZE, (where[0], where[-1]), limits, chart.titles, marks)
    if chart.chance is not None:
        height = axes.y(chart.chance)
        line(root, "chance", (axes.frame.left, height), (axes.frame.right, height))
        text(root, "chance-label", (axes.frame.right - 4, height - 5), "chance", "end")
    css = f"series-{chart.series}"
    places = [(axes.x(place), axes.y(knot.value)) for place, knot in zip(where, knots, strict=True)]
    for (x, _), knot in zip(places, knots, strict=True):
        if knot.limits is not None:
            line(root, f"interval {css}", (x, axes.y(knot.limits[1])), (x, axes.y(knot.limits[0])))
    path = " ".join(f"{pixels(x)},{pixels(y)}" for x, y in places)
    SubElement(root, "polyline", {"class": f"trace {css}", "points": path})
    for x, y in places:
        SubElement(root, "circle", {"class": f"marker {css}", "cx": pixels(x), "cy": pixels(y), "r": "3.5"})
    return markup(root)
