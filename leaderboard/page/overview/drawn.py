"""From marks to a scatter: where they lie, what stands beside them, which ones are dominated."""

from collections.abc import Mapping, Sequence

from bench.leaderboard.numbers import finite
from bench.leaderboard.page.overview.front import dominates, front
from bench.leaderboard.page.overview.marks import Mark, harm_of
from bench.leaderboard.page.overview.measures import Measure
from bench.leaderboard.page.overview.reported import REPORTED
from bench.leaderboard.page.overview.utility import title_of, utility_of
from bench.leaderboard.page.plots import MOST_LABELLED, in_reach, limits_of, short
from bench.leaderboard.page.svg.margin import Aside
from bench.leaderboard.page.svg.point import Point
from bench.leaderboard.page.svg.scatter import Plot
from bench.records.score_names import plain
from bench.types.threat import LAST_RANKED_TIER

MAP, MAP_WORDS = "map", "mAP"


def plot_of(
    marks: Sequence[Mark], measure: Measure, utility: str, series: Mapping[str, int], ident: str
) -> Plot | None:
    """The plot of these marks; None if none of them can be drawn.

    Defenses at their worst get a Pareto front and reported numbers beside them, single cells do not: a defense is no
    better than the strongest attack on it. A defense that did not meet every attack is hollow, stands on no front and
    dominates none: it may only look private.
    """
    kept = [mark for mark in marks if in_reach(mark.leak.value) and in_reach(utility_of(mark.entry, utility).value)]
    if not kept:
        return None
    places = [_place(mark, measure, utility) for mark in kept]
    whole = all(mark.whole_defense for mark in kept)
    real = not any(mark.entry.record.data.synthetic for mark in kept)
    best = front([place for place, mark in zip(places, kept, strict=True) if not mark.unmet]) if whole else []
    beaten = [any(dominates(other, place) for other in best) for place in places]
    labelled = len(kept) <= MOST_LABELLED
    points = [
        _point(mark, measure, utility, series[mark.entry.defense], lost, labelled)
        for mark, lost in zip(kept, beaten, strict=True)
    ]
    chances = sorted({chance for mark in kept if (chance := finite(mark.chance)) is not None and in_reach(chance)})
    sign = 1 if measure.higher_is_worse else -1
    reported, beside = _reported(measure, utility) if whole and real else ([], [])
    return Plot(
        ident=ident,
        points=(*reported, *points),
        beside=tuple(beside),
        beside_heading=("reported, other data,", f"no {MAP_WORDS if by_map(measure) else 'such score'}"),
        utility=title_of(utility),
        score=measure.title,
        chances=tuple(chances),
        higher_is_worse=measure.higher_is_worse,
        front=tuple((sign * leakage, dice) for leakage, dice in best),
    )


def _place(mark: Mark, measure: Measure, utility: str) -> tuple[float, float]:
    return harm_of(mark, measure), utility_of(mark.entry, utility).value or 0.0


def _point(mark: Mark, measure: Measure, utility: str, series: int, lost: bool, labelled: bool) -> Point:
    dice, entry = utility_of(mark.entry, utility), mark.entry
    tier = entry.record.attack.threat.tier
    against = mark.attack if mark.whole_defense else f"{mark.attack} (T{tier}, seed {entry.record.seed})"
    unmet = f"\nno result of {', '.join(mark.unmet)}: it may only look private" if mark.unmet else ""
    return Point(
        leakage=mark.leak.value or 0.0,
        leakage_limits=limits_of(mark.leak),
        utility=dice.value or 0.0,
        utility_limits=limits_of(dice),
        series=series,
        hollow=bool(mark.unmet) if mark.whole_defense else tier > LAST_RANKED_TIER,
        dominated=lost,
        label=short(entry.defense if mark.whole_defense else entry.attack) if labelled else "",
        title=f"{entry.defense} against {against}\n{title_of(utility)} {dice}\n{measure.title} {mark.leak}{unmet}",
        tier=tier,
        attack=entry.attack,
    )


def by_map(measure: Measure) -> bool:
    """Whether it is the score that the paper reports."""
    return plain(measure.key) == MAP


def _reported(measure: Measure, utility: str) -> tuple[list[Point], list[Aside]]:
    """What the paper reports: where both numbers are known, and where only Dice is."""
    points, beside = [], []
    for row in REPORTED:
        dice, found = row.dice_of(utility), row.mean_average_precision if by_map(measure) else None
        if dice is None:
            continue
        title = f"{row.method}: reported, other data ({row.data})\n{title_of(utility)} {dice:.3f}"
        if found is None:
            beside.append(Aside(dice, f"{row.method} ({row.data})", title))
            continue
        chance = "of how many people is not told: our line of chance is not theirs"
        points.append(
            Point(
                leakage=found,
                leakage_limits=None,
                utility=dice,
                utility_limits=None,
                series=None,
                label=f"{row.method}, reported, other data",
                brief=f"{row.method}, reported",
                title=f"{title}\n{MAP_WORDS} {found:.3f}, {chance}",
            )
        )
    return points, beside
