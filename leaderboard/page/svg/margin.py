"""Marks beside a plot: utility is known, the other number is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from bench.leaderboard.page.svg.axes import Axes
from bench.leaderboard.page.svg.drawing import line, pixels, text
from bench.leaderboard.page.svg.labels import LETTER_WIDTH, LINE_HEIGHT
from bench.leaderboard.page.svg.markers import RADIUS, draw_marker

GAP = 8.0


@dataclass(frozen=True)
class Aside:
    """One mark that a paper reports.

    Attributes:
        utility: Dice.
        label: beside the mark, where there is room.
        title: full description for the tooltip.
    """

    utility: float
    label: str
    title: str


def margin_width(marks: Sequence[Aside], heading: Sequence[str], *, labelled: bool) -> float:
    """Pixels to keep free right of the plot."""
    if not marks:
        return 0.0
    longest = max(len(words) for words in (*heading, *(mark.label for mark in marks))) if labelled else 0
    return 2 * GAP + 2 * RADIUS + (GAP + LETTER_WIDTH * longest if labelled else 0.0)


def draw_margin(root: Element, axes: Axes, marks: Sequence[Aside], heading: Sequence[str], *, labelled: bool) -> None:
    """Draw the marks at their height, from the top down, labels pushed apart and joined to them.

    Args:
        root: the drawing.
        axes: of the plot, whose right edge the marks stand beside.
        marks: what to draw.
        heading: what they are, line by line, above them.
        labelled: whether there is room for words.
    """
    if not marks:
        return
    left = axes.frame.right + GAP
    if labelled:
        for number, words in enumerate(heading):
            text(root, "tick", (left, axes.frame.top - 18 + 13 * number), words)
    ordered = sorted(marks, key=lambda mark: (-mark.utility, mark.title))
    heights = [axes.y(mark.utility) for mark in ordered]
    for mark, height, place in zip(ordered, heights, _apart(heights, axes.frame.bottom), strict=True):
        x = left + RADIUS
        if labelled:
            if abs(place - height) > 1:
                line(root, "leader", (x, height), (x + RADIUS + GAP, place))
            text(root, "label", (x + RADIUS + GAP, place + 4), mark.label)
        layer = SubElement(
            root, "g", {"class": "point beside", "transform": f"translate({pixels(x)} {pixels(height)})"}
        )
        SubElement(layer, "title").text = mark.title
        draw_marker(layer, None, hollow=True)


def _apart(heights: Sequence[float], bottom: float) -> list[float]:
    """Growing heights, a line of text apart; those that would end below the bottom move up together."""
    found: list[float] = []
    for height in heights:
        found.append(max(height, found[-1] + LINE_HEIGHT) if found else height)
    for place in reversed(range(len(found))):
        limit = bottom if place == len(found) - 1 else found[place + 1] - LINE_HEIGHT
        found[place] = min(found[place], limit)
    return found
