"""What the plot of a board shows."""

from collections.abc import Mapping

from markupsafe import Markup

from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Board
from bench.leaderboard.numbers import finite
from bench.leaderboard.page.svg.drawing import Size
from bench.leaderboard.page.svg.point import Point
from bench.leaderboard.page.svg.scatter import Plot, scatter
from bench.leaderboard.ranking import worst_cases
from bench.records.parts import Interval
from bench.records.score_names import shown
from bench.types.threat import LAST_RANKED_TIER

WIDE, NARROW = Size(820, 430), Size(340, 360)
MOST_LABELLED = 24
"""With more points than this, only each defense's worst case is labelled."""
MOST_LETTERS = 28
_LARGEST = 1e9  # beyond any score, and far from where an axis would overflow


def drawable(entry: Entry) -> bool:
    """Whether the cell has both coordinates."""
    return in_reach(entry.dice) and in_reach(entry.leakage)


def scatters(board: Board, series: Mapping[str, int], ident: str) -> list[Markup]:
    """The board's scatter twice, for wide and for narrow screens; empty if no cell has both coordinates.

    Args:
        board: what to draw.
        series: marker index of every defense.
        ident: unique on the page.
    """
    entries = [entry for entry in board.entries if drawable(entry)]
    if not entries or board.headline is None:
        return []
    labels = _labels(entries)
    points = tuple(_point(entry, series[entry.defense], label) for entry, label in zip(entries, labels, strict=True))
    headlines = [entry.headline for entry in entries if entry.headline is not None]
    chances = {finite(score.chance) for score in headlines}
    known = tuple(sorted(chance for chance in chances if chance is not None and in_reach(chance)))
    worse = all(score.higher_is_worse for score in headlines)
    sizes = (("wide", WIDE), ("narrow", NARROW))
    return [
        scatter(
            Plot(
                ident=f"{ident}-{css}",
                points=points,
                utility="Average Dice",
                score=shown(board.headline),
                chances=known,
                higher_is_worse=worse,
            ),
            size,
            css,
        )
        for css, size in sizes
    ]


def _labels(entries: list[Entry]) -> list[str]:
    """What the marks do not say: the attack, or the defense where the attack is one; its colour is in the legend."""
    labelled = _labelled(entries)
    one_attack = len({entry.attack for entry in entries}) == 1
    names = [entry.defense if one_attack else entry.attack for entry in entries]
    return [short(name) if entry in labelled else "" for entry, name in zip(entries, names, strict=True)]


def _labelled(entries: list[Entry]) -> list[Entry]:
    if len(entries) > MOST_LABELLED:
        return list(worst_cases(entries).values())
    first_seed: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        first_seed.setdefault((entry.defense, entry.attack), entry)
    return list(first_seed.values())


def _point(entry: Entry, series: int, label: str) -> Point:
    if (
        entry.headline is None
        or entry.headline_name is None
        or entry.headline.value.value is None
        or entry.dice is None
    ):
        raise ValueError(f"cell {entry.record.cell} has no coordinates")
    tier, dice, score = entry.record.attack.threat.tier, entry.record.utility.dice_average, entry.headline.value
    return Point(
        leakage=entry.headline.value.value,
        leakage_limits=limits_of(score),
        utility=entry.dice,
        utility_limits=limits_of(dice),
        series=series,
        hollow=tier > LAST_RANKED_TIER,
        label=label,
        title=f"{entry.defense} against {entry.attack} (T{tier}, seed {entry.record.seed})\n"
        f"Dice {dice}\n{shown(entry.headline_name)} {score}",
    )


def short(name: str) -> str:
    """A name as a label can hold it."""
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…"


def limits_of(interval: Interval) -> tuple[float, float] | None:
    """The bounds of an interval, None unless both can be drawn."""
    if interval.low is None or interval.high is None or not in_reach(interval.low) or not in_reach(interval.high):
        return None
    return interval.low, interval.high


def in_reach(value: float | None) -> bool:
    """Whether a number is finite and small enough to be drawn."""
    number = finite(value)
    return number is not None and abs(number) <= _LARGEST
