"""Marker shapes: shape and colour together tell defenses apart, so that colour is never needed alone."""

import math
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from bench.leaderboard.page.svg.drawing import markup, pixels

RADIUS = 6.0
COLOURS = 7
"""Series colours in the style sheet, `series-0` to `series-6`."""


def _polygon(corners: int, radius: float, turn: float) -> str:
    angles = [math.radians(turn + 360 * corner / corners) for corner in range(corners)]
    return _closed([(radius * math.sin(angle), -radius * math.cos(angle)) for angle in angles])


def _star(points: int, outer: float, inner: float) -> str:
    angles = [math.radians(180 * corner / points) for corner in range(2 * points)]
    radii = [outer if corner % 2 == 0 else inner for corner in range(2 * points)]
    return _closed([(r * math.sin(angle), -r * math.cos(angle)) for r, angle in zip(radii, angles, strict=True)])


def _closed(corners: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{pixels(x)} {pixels(y)}" for x, y in corners) + "Z"


def _plus(arm: float, half: float) -> str:
    quarter = [(half, -arm), (half, -half), (arm, -half)]
    corners = []
    for _ in range(4):
        corners += quarter
        quarter = [(-y, x) for x, y in quarter]
    return _closed(corners)


_CIRCLE = "M0 -5.4A5.4 5.4 0 1 1 0 5.4A5.4 5.4 0 1 1 0 -5.4Z"
SHAPES = (
    _CIRCLE,
    _polygon(4, 6.8, 45.0),
    _polygon(3, 7.2, 0.0),
    _polygon(4, 7.2, 0.0),
    _polygon(3, 7.2, 180.0),
    _plus(6.4, 2.3),
    _star(5, 7.6, 3.4),
    _polygon(6, 6.4, 0.0),
)


def draw_marker(parent: Element, series: int | None, hollow: bool) -> None:
    """The marker of a series at the origin; hollow for attackers that are never ranked.

    Eight shapes against seven colours give 56 pairs before one comes again. No series: a number that a paper reports.
    """
    if series is None:
        SubElement(parent, "path", {"class": "marker reported", "d": _CIRCLE})
        return
    css = f"marker series-{series % COLOURS}" + (" hollow" if hollow else "")
    SubElement(parent, "path", {"class": css, "d": SHAPES[series % len(SHAPES)]})


def marker_icon(series: int | None, hollow: bool) -> Markup:
    """The marker as a little picture for legend and table; it means nothing without the words beside it."""
    icon = Element(
        "svg", {"class": "icon", "viewBox": "-9 -9 18 18", "width": "16", "height": "16", "aria-hidden": "true"}
    )
    draw_marker(icon, series, hollow)
    return markup(icon)
