"""The share of people recognised against the share of false alarms, the latter on a logarithmic axis."""

import itertools
import math
from collections.abc import Sequence
from xml.etree.ElementTree import SubElement

from markupsafe import Markup

from bench.leaderboard.numbers import percent
from bench.leaderboard.page.svg.axes import draw_axes
from bench.leaderboard.page.svg.curve import Knot
from bench.leaderboard.page.svg.drawing import Size, drawing, markup, pixels, text

SIZE = Size(340, 260)
CHANCE_STEPS = 24
CLOSEST_TICKS = 0.35
"""In decades."""


def roc(ident: str, knots: Sequence[Knot]) -> Markup:
    """TPR at every FPR with its band, and the line of knowing nothing, TPR = FPR, as inline SVG.

    Args:
        ident: unique on the page.
        knots: at growing FPR in (0, 1].

    Raises:
        ValueError: fewer than two knots, or FPRs that do not grow within (0, 1].
    """
    if (
        len(knots) < 2
        or knots[0].at <= 0
        or knots[-1].at > 1
        or any(b.at <= a.at for a, b in itertools.pairwise(knots))
    ):
        raise ValueError(f"an ROC needs at least two growing FPRs in (0, 1], got {[knot.at for knot in knots]}")
    spoken = "; ".join(f"{percent(knot.at)}: {knot.value:.3f}" for knot in knots)
    root = drawing(SIZE, ident, "TPR against FPR, logarithmic", spoken, "plot roc")
    first, last = math.log10(knots[0].at), math.log10(knots[-1].at)
    axes = draw_axes(root, SIZE, (first, last), (0.0, 1.0), ("False-positive rate (log)", "TPR"), _marks(first, last))

    def path(points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{pixels(axes.x(math.log10(fpr)))},{pixels(axes.y(tpr))}" for fpr, tpr in points)

    banded = [(knot.at, knot.limits) for knot in knots if knot.limits is not None]
    if len(banded) > 1:
        outline = [(fpr, high) for fpr, (_, high) in banded] + [(fpr, low) for fpr, (low, _) in reversed(banded)]
        SubElement(root, "polygon", {"class": "band series-1", "points": path(outline)})
    steps = [10 ** (first + (last - first) * step / CHANCE_STEPS) for step in range(CHANCE_STEPS + 1)]
    SubElement(root, "polyline", {"class": "chance", "points": path([(fpr, fpr) for fpr in steps]), "fill": "none"})
    middle = steps[CHANCE_STEPS // 2]
    text(root, "chance-label", (axes.x(math.log10(middle)), axes.y(middle) - 6), "chance", "end")
    SubElement(root, "polyline", {"class": "trace series-1", "points": path([(knot.at, knot.value) for knot in knots])})
    return markup(root)


def _marks(first: float, last: float) -> list[tuple[float, str]]:
    """The smallest rate and the whole decades; a decade that lies close to the smallest rate is left out."""
    decades = [decade for decade in range(math.ceil(first), math.floor(last) + 1) if decade - first >= CLOSEST_TICKS]
    return [(place, percent(10**place)) for place in (first, *map(float, decades))]
