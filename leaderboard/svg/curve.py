"""Dice against the number of queries."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import SubElement

from markupsafe import Markup

from bench.leaderboard.svg.axes import draw_axes
from bench.leaderboard.svg.drawing import Size, drawing, line, markup, pixels
from bench.leaderboard.svg.scales import close_domain

SIZE = Size(340, 210)
MOST_TICKS = 7


@dataclass(frozen=True)
class Budget:
    """Average Dice for a budget of `queries` >= 1, with its 95 % interval where there is one."""

    queries: int
    dice: float
    limits: tuple[float, float] | None


def query_curve(ident: str, budgets: Sequence[Budget]) -> Markup:
    """Average Dice for a growing budget of queries, as inline SVG; the budgets lie on a logarithmic axis.

    Raises:
        ValueError: fewer than two points, or budgets that do not grow.
    """
    if len(budgets) < 2 or any(b.queries <= a.queries for a, b in itertools.pairwise(budgets)):
        raise ValueError(f"a curve needs at least two growing budgets, got {[b.queries for b in budgets]}")
    spoken = "; ".join(f"{budget.queries}: {budget.dice:.3f}" for budget in budgets)
    root = drawing(SIZE, ident, "Average Dice against the number of queries", spoken, "plot curve")
    values = [value for budget in budgets for value in (budget.dice, *(budget.limits or ()))]
    stride = math.ceil(len(budgets) / MOST_TICKS)
    marks = [(math.log(budget.queries), str(budget.queries)) for budget in budgets[::stride]]
    span = (math.log(budgets[0].queries), math.log(budgets[-1].queries))
    axes = draw_axes(root, SIZE, span, close_domain(values), ("Queries per scan", "Average Dice"), marks)
    places = [(axes.x(math.log(budget.queries)), axes.y(budget.dice)) for budget in budgets]
    for (x, _), budget in zip(places, budgets, strict=True):
        if budget.limits is not None:
            line(root, "interval series-0", (x, axes.y(budget.limits[1])), (x, axes.y(budget.limits[0])))
    path = " ".join(f"{pixels(x)},{pixels(y)}" for x, y in places)
    SubElement(root, "polyline", {"class": "trace series-0", "points": path})
    for x, y in places:
        SubElement(root, "circle", {"class": "marker series-0", "cx": pixels(x), "cy": pixels(y), "r": "3.5"})
    return markup(root)
