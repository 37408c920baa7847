"""How a number is spread over people."""

from collections.abc import Sequence
from xml.etree.ElementTree import SubElement

from markupsafe import Markup

from bench.leaderboard.page.svg.axes import draw_axes
from bench.leaderboard.page.svg.drawing import Size, drawing, markup, pixels

SIZE = Size(340, 210)
BINS = 10


def histogram(ident: str, values: Sequence[float], titles: tuple[str, str]) -> Markup:
    """Counts of numbers in [0, 1] in ten equal bins as inline SVG; 1 falls into the last.

    Args:
        ident: unique on the page.
        values: one a person.
        titles: of the x and the y axis.

    Raises:
        ValueError: no number, or one outside [0, 1].
    """
    if not values or min(values) < 0 or max(values) > 1:
        raise ValueError(f"a histogram needs numbers in [0, 1], got {list(values)[:5]}")
    counts = bins_of(values)
    spoken = "; ".join(f"{number / BINS:g} to {(number + 1) / BINS:g}: {count}" for number, count in enumerate(counts))
    root = drawing(SIZE, ident, f"{titles[1]} by {titles[0].lower()}", spoken, "plot histogram")
    marks = [(number / 5, f"{number / 5:g}") for number in range(6)]
    axes = draw_axes(root, SIZE, (0.0, 1.0), (0.0, float(max(max(counts), 2))), titles, marks)
    for number, count in enumerate(counts):
        left, right = axes.x(number / BINS) + 1, axes.x((number + 1) / BINS) - 1
        top = axes.y(float(count))
        places = {"x": left, "y": top, "width": right - left, "height": axes.frame.bottom - top}
        if count:
            SubElement(root, "rect", {"class": "bar", **{name: pixels(place) for name, place in places.items()}})
    return markup(root)


def bins_of(values: Sequence[float]) -> list[int]:
    """How many numbers fall into each bin."""
    counts = [0] * BINS
    for value in values:
        counts[min(int(value * BINS), BINS - 1)] += 1
    return counts
