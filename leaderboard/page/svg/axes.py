"""Axes, grid and titles, shared by all plots."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from bench.leaderboard.page.svg.drawing import Box, Size, line, text
from bench.leaderboard.page.svg.scales import Scale, tick_text, ticks

PIXELS_PER_X_TICK, PIXELS_PER_Y_TICK = 60, 44
MARGIN_LEFT, MARGIN_TOP, MARGIN_RIGHT, MARGIN_BOTTOM = 48.0, 30.0, 14.0, 46.0


@dataclass(frozen=True)
class Axes:
    """Where the data lie on the drawing."""

    x: Scale
    y: Scale
    frame: Box


def draw_axes(
    root: Element,
    size: Size,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    titles: tuple[str, str],
    x_ticks: list[tuple[float, str]] | None = None,
    right: float = 0.0,
) -> Axes:
    """Draw a grid with round numbers and the titles of the x and y axis.

    Args:
        root: the drawing.
        size: of the drawing.
        x_limits: what the x axis must enclose.
        y_limits: what the y axis must enclose.
        titles: of the x and the y axis.
        x_ticks: the only places to mark on the x axis, with their words; round numbers if None.
        right: pixels to keep free beside the plot.
    """
    frame = Box(MARGIN_LEFT, MARGIN_TOP, size.width - MARGIN_RIGHT - right, size.height - MARGIN_BOTTOM)
    y_marks = ticks(*y_limits, max(2, int((frame.bottom - frame.top) / PIXELS_PER_Y_TICK)))
    x_marks = _round_marks(x_limits, frame) if x_ticks is None else x_ticks
    x = Scale(min(x_limits[0], x_marks[0][0]), max(x_limits[1], x_marks[-1][0]), frame.left, frame.right)
    y = Scale(y_marks[0], y_marks[-1], frame.bottom, frame.top)
    for place, words in x_marks:
        line(root, "grid", (x(place), frame.top), (x(place), frame.bottom))
        text(root, "tick", (x(place), frame.bottom + 17), words, "middle")
    for mark in y_marks:
        line(root, "grid", (frame.left, y(mark)), (frame.right, y(mark)))
        text(root, "tick", (frame.left - 8, y(mark) + 4), tick_text(mark, y_marks[1] - y_marks[0]), "end")
    line(root, "axis", (frame.left, frame.bottom), (frame.right, frame.bottom))
    text(root, "axis-title", ((frame.left + frame.right) / 2, frame.bottom + 38), titles[0], "middle")
    text(root, "axis-title", (4.0, 16.0), titles[1])
    return Axes(x, y, frame)


def _round_marks(limits: tuple[float, float], frame: Box) -> list[tuple[float, str]]:
    marks = ticks(*limits, max(2, int((frame.right - frame.left) / PIXELS_PER_X_TICK)))
    return [(mark, tick_text(mark, marks[1] - marks[0])) for mark in marks]
