"""Utility against leakage: one point per cell, with a cross of 95 % intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from bench.leaderboard.svg.axes import Axes, draw_axes
from bench.leaderboard.svg.drawing import Box, Size, drawing, line, markup, pixels, text
from bench.leaderboard.svg.labels import LETTER_WIDTH, Label, place_labels
from bench.leaderboard.svg.markers import COLOURS, RADIUS, draw_marker
from bench.leaderboard.svg.scales import close_domain, domain

Limits = tuple[float, float]


@dataclass(frozen=True)
class Point:
    """One cell.

    Attributes:
        leakage: headline score; `leakage_limits` its interval, None if there is none.
        utility: average Dice; `utility_limits` likewise.
        series: index of the defense's marker.
        hollow: the attacker is stronger than the ranking allows.
        label: short name beside the point; empty for none.
        title: full description for the tooltip.
    """

    leakage: float
    leakage_limits: Limits | None
    utility: float
    utility_limits: Limits | None
    series: int
    hollow: bool
    label: str
    title: str


@dataclass(frozen=True)
class Plot:
    """What a scatter shows.

    Attributes:
        score: name of the headline score.
        chances: its values for attackers who guess.
        higher_is_worse: larger scores leak more.
    """

    ident: str
    points: tuple[Point, ...]
    score: str
    chances: tuple[float, ...]
    higher_is_worse: bool


def scatter(plot: Plot, size: Size, css: str) -> Markup:
    """The plot as inline SVG; `ident` of the plot must be unique on the page.

    Raises:
        ValueError: there is no point to draw.
    """
    if not plot.points:
        raise ValueError("a scatter needs at least one point")
    root = drawing(size, plot.ident, f"Average Dice against {plot.score}", _description(plot), f"plot {css}")
    leakages = [value for p in plot.points for value in (p.leakage, *(p.leakage_limits or ()))]
    utilities = [value for p in plot.points for value in (p.utility, *(p.utility_limits or ()))]
    side = "more leakage →" if plot.higher_is_worse else "← more leakage"
    axes = draw_axes(
        root,
        size,
        domain([*leakages, *plot.chances]),
        close_domain(utilities),
        (f"{plot.score} ({side})", "Average Dice ↑ better"),
    )
    notes = [_draw_chance(root, axes, chance) for chance in plot.chances]
    for point in plot.points:
        _draw_cross(root, axes, point)
    labels = _labels(axes, plot.points, notes)
    for point, label in zip(plot.points, labels, strict=True):
        _draw_point(root, axes, point, label)
    return markup(root)


def _description(plot: Plot) -> str:
    return f"{len(plot.points)} cells; the table below holds the same numbers."


def _draw_chance(root: Element, axes: Axes, chance: float) -> Box:
    x = axes.x(chance)
    line(root, "chance", (x, axes.frame.top), (x, axes.frame.bottom))
    words = "chance"
    width = LETTER_WIDTH * len(words)
    right = x + 4 + width <= axes.frame.right
    text(root, "chance-label", (x + 4 if right else x - 4, axes.frame.top + 10), words, "start" if right else "end")
    left = x + 4 if right else x - 4 - width
    return Box(left, axes.frame.top, left + width, axes.frame.top + 14)


def _draw_cross(root: Element, axes: Axes, point: Point) -> None:
    css = f"interval series-{point.series % COLOURS}"
    for start, end in _cross(axes, point):
        line(root, css, start, end)


def _cross(axes: Axes, point: Point) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    x, y = axes.x(point.leakage), axes.y(point.utility)
    arms = []
    if point.leakage_limits is not None:
        arms.append(((axes.x(point.leakage_limits[0]), y), (axes.x(point.leakage_limits[1]), y)))
    if point.utility_limits is not None:
        arms.append(((x, axes.y(point.utility_limits[1])), (x, axes.y(point.utility_limits[0]))))
    return arms


def _labels(axes: Axes, points: Sequence[Point], notes: Sequence[Box]) -> list[Label | None]:
    places = [(axes.x(point.leakage), axes.y(point.utility)) for point in points]
    markers = [Box(x - RADIUS - 1, y - RADIUS - 1, x + RADIUS + 1, y + RADIUS + 1) for x, y in places]
    arms = [
        Box(start[0] - 1, start[1] - 1, end[0] + 1, end[1] + 1)
        for point in points
        for start, end in _cross(axes, point)
    ]
    return place_labels(places, [point.label for point in points], [*markers, *notes], arms, axes.frame)


def _draw_point(root: Element, axes: Axes, point: Point, label: Label | None) -> None:
    x, y = axes.x(point.leakage), axes.y(point.utility)
    if label is not None:
        words_x = {"start": label.box.left, "end": label.box.right, "middle": (label.box.left + label.box.right) / 2}
        middle = (label.box.top + label.box.bottom) / 2
        if not label.near:
            line(root, "leader", (x, y), (words_x[label.anchor], middle))
        text(root, "label", (words_x[label.anchor], middle + 4), label.words, label.anchor)
    group = SubElement(root, "g", {"class": "point", "transform": f"translate({pixels(x)} {pixels(y)})"})
    SubElement(group, "title").text = point.title
    draw_marker(group, point.series, point.hollow)
