"""Where to write the labels of points so that they stay legible.

Greedy: every label takes the free place nearest to its point. A label that would have to cover another one is left
out; the point keeps its tooltip and its row in the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.leaderboard.page.svg.drawing import Box

LETTER_WIDTH = 6.4
LINE_HEIGHT = 14.0
_GAPS = (10.0, 20.0, 34.0, 50.0, 68.0, 90.0, 115.0, 145.0)
_DIRECTIONS = ((1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (0.8, -0.8), (0.8, 0.8), (-0.8, -0.8), (-0.8, 0.8))
_CROSSING_COST = 0.35
_DISTANCE_COST = 1.2


@dataclass(frozen=True)
class Label:
    """A placed label.

    Attributes:
        box: the text's place.
        anchor: SVG text-anchor.
        near: so close to its point that no line is needed to connect them.
    """

    words: str
    box: Box
    anchor: str
    near: bool


def place_labels(
    points: Sequence[tuple[float, float]],
    words: Sequence[str],
    solid: Sequence[Box],
    crossed: Sequence[Box],
    bounds: Box,
) -> list[Label | None]:
    """A place for every non-empty label, in pixels.

    Args:
        points: what the labels belong to.
        words: one per point; empty for none.
        solid: what a label must never cover, such as markers.
        crossed: what a label should rather not cover, such as interval lines.
        bounds: where labels must stay.
    """
    taken = list(solid)
    placed: list[Label | None] = []
    for point, word in zip(points, words, strict=True):
        best = _best(point, word, taken, crossed, bounds) if word else None
        if best is not None:
            taken.append(best.box)
        placed.append(best)
    return placed


def _best(
    point: tuple[float, float], words: str, taken: Sequence[Box], crossed: Sequence[Box], bounds: Box
) -> Label | None:
    best: tuple[float, Label] | None = None
    for label, distance in _candidates(point, words):
        if not label.box.inside(bounds) or any(label.box.overlap(box) > 0 for box in taken):
            continue
        cost = _DISTANCE_COST * distance + _CROSSING_COST * sum(label.box.overlap(box) for box in crossed)
        if best is None or cost < best[0]:
            best = cost, label
    return None if best is None else best[1]


def _candidates(point: tuple[float, float], words: str) -> list[tuple[Label, float]]:
    width = LETTER_WIDTH * len(words)
    found = []
    for gap in _GAPS:
        for right, down in _DIRECTIONS:
            x, y = point[0] + right * gap, point[1] + down * gap
            anchor = "start" if right > 0 else "end" if right < 0 else "middle"
            left = x if right > 0 else x - width if right < 0 else x - width / 2
            box = Box(left, y - LINE_HEIGHT / 2, left + width, y + LINE_HEIGHT / 2)
            found.append((Label(words, box, anchor, gap <= _GAPS[0]), gap))
    return found
