"""One mark of a scatter: its cross of intervals, its shape, its label."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from bench.leaderboard.page.svg.axes import Axes
from bench.leaderboard.page.svg.drawing import Box, line, pixels, text
from bench.leaderboard.page.svg.labels import Label, place_labels
from bench.leaderboard.page.svg.markers import COLOURS, RADIUS, draw_marker

Limits = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Point:
    """One mark.

    Attributes:
        leakage: score of the attack; `leakage_limits` its interval, None if there is none.
        utility: Dice; `utility_limits` likewise.
        series: index of the defense's marker; None for a number from a paper, measured on other data.
        hollow: the attacker is stronger than the ranking allows, or attacks are missing.
        dominated: another mark gives more utility for less leakage.
        label: short name beside the mark; empty for none.
        brief: the same where there is little room; empty for the label itself.
        title: full description for the tooltip.
        tier: strength of the attacker, for what shows and hides marks; None for numbers from a paper.
        attack: its name, likewise.
    """

    leakage: float
    leakage_limits: Limits | None
    utility: float
    utility_limits: Limits | None
    series: int | None
    hollow: bool = False
    dominated: bool = False
    label: str
    brief: str = ""
    title: str
    tier: int | None = None
    attack: str | None = None


def draw_points(
    root: Element, axes: Axes, points: Sequence[Point], occupied: Sequence[Box], *, roomy: bool = True
) -> None:
    """Draw crosses, then labels, then shapes, so that no shape is covered.

    Args:
        root: the drawing.
        axes: where the data lie on it.
        points: what to draw.
        occupied: where no label may stand.
        roomy: whether labels may be long.
    """
    for point in points:
        for start, end in _cross(axes, point):
            line(_layer(root, point, "cross"), _css("interval", point), start, end)
    for point, label in zip(points, _labels(axes, points, occupied, roomy=roomy), strict=True):
        if label is not None:
            _draw_label(_layer(root, point, "words"), axes, point, label)
    for point in sorted(points, key=lambda point: not point.hollow):  # a hollow mark counts less, and covers none
        layer = _layer(root, point, "point")
        layer.set("transform", f"translate({pixels(axes.x(point.leakage))} {pixels(axes.y(point.utility))})")
        SubElement(layer, "title").text = point.title
        draw_marker(layer, point.series, point.hollow)


def _layer(root: Element, point: Point, css: str) -> Element:
    """A part of the mark; what hides a mark finds all of them by the same attributes."""
    layer = SubElement(root, "g", {"class": f"{css} dominated" if point.dominated else css})
    if point.tier is not None and point.attack is not None:
        layer.set("data-tier", str(point.tier))
        layer.set("data-attack", point.attack)
    return layer


def _css(name: str, point: Point) -> str:
    return f"{name} reported" if point.series is None else f"{name} series-{point.series % COLOURS}"


def _cross(axes: Axes, point: Point) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    x, y = axes.x(point.leakage), axes.y(point.utility)
    arms = []
    if point.leakage_limits is not None:
        arms.append(((axes.x(point.leakage_limits[0]), y), (axes.x(point.leakage_limits[1]), y)))
    if point.utility_limits is not None:
        arms.append(((x, axes.y(point.utility_limits[1])), (x, axes.y(point.utility_limits[0]))))
    return arms


def _labels(axes: Axes, points: Sequence[Point], occupied: Sequence[Box], *, roomy: bool) -> list[Label | None]:
    places = [(axes.x(point.leakage), axes.y(point.utility)) for point in points]
    markers = [Box(x - RADIUS - 1, y - RADIUS - 1, x + RADIUS + 1, y + RADIUS + 1) for x, y in places]
    arms = [
        Box(start[0] - 1, start[1] - 1, end[0] + 1, end[1] + 1)
        for point in points
        for start, end in _cross(axes, point)
    ]
    words = [point.label if roomy else point.brief or point.label for point in points]
    return place_labels(places, words, [*markers, *occupied], arms, axes.frame)


def _draw_label(layer: Element, axes: Axes, point: Point, label: Label) -> None:
    words_x = {"start": label.box.left, "end": label.box.right, "middle": (label.box.left + label.box.right) / 2}
    middle = (label.box.top + label.box.bottom) / 2
    if not label.near:
        line(layer, "leader", (axes.x(point.leakage), axes.y(point.utility)), (words_x[label.anchor], middle))
    text(layer, "label", (words_x[label.anchor], middle + 4), label.words, label.anchor)
