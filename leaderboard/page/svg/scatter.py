"""Utility against leakage: one mark a cell or defense, with a cross of 95 % intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from bench.leaderboard.page.svg.axes import Axes, draw_axes
from bench.leaderboard.page.svg.drawing import Box, Size, drawing, line, markup, pixels, text
from bench.leaderboard.page.svg.labels import LETTER_WIDTH
from bench.leaderboard.page.svg.margin import Aside, draw_margin, margin_width
from bench.leaderboard.page.svg.point import Point, draw_points
from bench.leaderboard.page.svg.scales import close_domain, domain

ROOMY = 600
"""Pixels from which on marks beside the plot have labels."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What a scatter shows.

    Attributes:
        utility: name of the utility.
        score: name of the attack's score.
        chances: its values for attackers who guess.
        higher_is_worse: larger scores leak more.
        beside: marks whose utility is known and whose leakage is not.
        beside_heading: what they are, line by line.
        front: (leakage, utility) of the marks that no other one dominates, from least leakage on; empty for no line.
    """

    ident: str
    points: tuple[Point, ...]
    utility: str
    score: str
    chances: tuple[float, ...]
    higher_is_worse: bool
    front: tuple[tuple[float, float], ...] = ()
    beside: tuple[Aside, ...] = ()
    beside_heading: tuple[str, ...] = ()


def scatter(plot: Plot, size: Size, css: str) -> Markup:
    """The plot as inline SVG; `ident` of the plot must be unique on the page.

    Raises:
        ValueError: there is no point to draw.
    """
    if not plot.points:
        raise ValueError("a scatter needs at least one point")
    root = drawing(size, plot.ident, f"{plot.utility} against {plot.score}", _description(plot), f"plot {css}")
    leakages = [value for p in plot.points for value in (p.leakage, *(p.leakage_limits or ()))]
    utilities = [value for p in plot.points for value in (p.utility, *(p.utility_limits or ()))]
    utilities += [mark.utility for mark in plot.beside]
    labelled = size.width >= ROOMY
    side = "more leakage →" if plot.higher_is_worse else "← more leakage"
    axes = draw_axes(
        root,
        size,
        domain([*leakages, *plot.chances]),
        close_domain(utilities),
        (f"{plot.score} ({side})", f"{plot.utility} ↑ better"),
        right=margin_width(plot.beside, plot.beside_heading, labelled=labelled),
    )
    notes = [_draw_chance(root, axes, chance) for chance in plot.chances]
    _draw_front(root, axes, plot.front)
    draw_points(root, axes, plot.points, notes, roomy=labelled)
    draw_margin(root, axes, plot.beside, plot.beside_heading, labelled=labelled)
    return markup(root)


def _description(plot: Plot) -> str:
    return f"{len(plot.points) + len(plot.beside)} marks; the tables hold the same numbers."


def _draw_chance(root: Element, axes: Axes, chance: float) -> Box:
    x = axes.x(chance)
    line(root, "chance", (x, axes.frame.top), (x, axes.frame.bottom))
    words = "chance"
    width = LETTER_WIDTH * len(words)
    right = x + 4 + width <= axes.frame.right
    text(root, "chance-label", (x + 4 if right else x - 4, axes.frame.top + 10), words, "start" if right else "end")
    left = x + 4 if right else x - 4 - width
    return Box(left, axes.frame.top, left + width, axes.frame.top + 14)


def _draw_front(root: Element, axes: Axes, front: Sequence[tuple[float, float]]) -> None:
    """Steps between the marks: between two of them nothing is known to be better than the left one's utility."""
    if len(front) < 2:
        return
    places = [(axes.x(leakage), axes.y(utility)) for leakage, utility in front]
    corners = [places[0]]
    for (_, height), (x, y) in pairwise(places):
        corners += [(x, height), (x, y)]
    SubElement(root, "polyline", {"class": "front", "points": " ".join(f"{pixels(x)},{pixels(y)}" for x, y in corners)})
