"""Several curves on one pair of axes; shape and colour together tell them apart."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from bench.leaderboard.page.svg.axes import draw_axes
from bench.leaderboard.page.svg.curve import MOST_TICKS, Chart, Knot
from bench.leaderboard.page.svg.drawing import Size, drawing, line, markup, pixels, text
from bench.leaderboard.page.svg.markers import COLOURS, draw_marker
from bench.leaderboard.page.svg.scales import domain

SIZE = Size(460, 280)


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: of the attack.
        tier: its strength, for what shows and hides curves.
        series: index of its marker.
        knots: its places.
    """

    name: str
    tier: int
    series: int
    knots: tuple[Knot, ...]


def lines(chart: Chart, found: Sequence[Line]) -> Markup:
    """The curves as inline SVG; `series` of the chart plays no part.

    Raises:
        ValueError: no curve, one with fewer than two knots, or places that do not grow.
    """
    if not found:
        raise ValueError("a drawing of curves needs at least one")
    for one in found:
        if len(one.knots) < 2 or any(b.at <= a.at for a, b in itertools.pairwise(one.knots)):
            raise ValueError(f"a curve needs at least two growing places, got {[knot.at for knot in one.knots]}")
    x_title, y_title = chart.titles
    spoken = "; ".join(
        f"{one.name}: " + ", ".join(f"{knot.at:g}: {knot.value:.3f}" for knot in one.knots) for one in found
    )
    root = drawing(SIZE, chart.ident, f"{y_title} against {x_title.lower()}", spoken, "plot lines")
    places = sorted({knot.at for one in found for knot in one.knots})
    where = {at: math.log(at) if chart.logarithmic else at for at in places}
    values = [value for one in found for knot in one.knots for value in (knot.value, *(knot.limits or ()))]
    limits = domain([*values, *([] if chart.chance is None else [chart.chance])])
    marks = [(where[at], f"{at:g}") for at in places][:: math.ceil(len(places) / MOST_TICKS)]
    axes = draw_axes(root, SIZE, (where[places[0]], where[places[-1]]), limits, chart.titles, marks)
    if chart.chance is not None:
        height = axes.y(chart.chance)
        line(root, "chance", (axes.frame.left, height), (axes.frame.right, height))
        text(root, "chance-label", (axes.frame.right - 4, height - 5), "chance", "end")
    for one in found:
        css, layer = f"series-{one.series % COLOURS}", _layer(root, one, "curve")
        corners = [(axes.x(where[knot.at]), axes.y(knot.value)) for knot in one.knots]
        for (x, _), knot in zip(corners, one.knots, strict=True):
            if knot.limits is not None:
                line(layer, f"interval {css}", (x, axes.y(knot.limits[1])), (x, axes.y(knot.limits[0])))
        path = " ".join(f"{pixels(x)},{pixels(y)}" for x, y in corners)
        SubElement(layer, "polyline", {"class": f"trace {css}", "points": path})
    for one in found:
        layer = _layer(root, one, "knots")
        for knot in one.knots:
            place = f"translate({pixels(axes.x(where[knot.at]))} {pixels(axes.y(knot.value))})"
            group = SubElement(layer, "g", {"class": "knot", "transform": place})
            SubElement(group, "title").text = f"{one.name} at {knot.at:g}: {knot.value:.3f}"
            draw_marker(group, one.series, hollow=False)
    return markup(root)


def _layer(root: Element, one: Line, css: str) -> Element:
    return SubElement(root, "g", {"class": css, "data-tier": str(one.tier)})
