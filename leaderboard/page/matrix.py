"""Every defense under every attack at a glance: the score, coloured by how much of what chance leaves open it takes."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Group
from bench.leaderboard.numbers import DASH, finite, fixed
from bench.records.schema import Status
from bench.records.score_names import shown
from bench.types.threat import LAST_RANKED_TIER

BANDS = (0.1, 0.25, 0.5, 0.75)
"""Where the colours change, as shares of the way from chance to a perfect attack."""
BAND_WORDS = ("under 10 %", "10 to 25 %", "25 to 50 %", "50 to 75 %", "over 75 %")


@dataclass(frozen=True)
class Square:
    """One defense under one attack.

    Attributes:
        css: `risk-0` to `risk-4`, or the state in lower case, or `never` if it was not run.
        text: the score, or the state.
        cell: which row's details it leads to, by `id` of the entry; None if it was not run.
        seeds: how many were run; the worst one is shown.
        words: all of it in a sentence.
    """

    css: str
    text: str
    cell: int | None
    seeds: int
    words: str


@dataclass(frozen=True)
class Head:
    """One attack.

    Attributes:
        score: name of its headline score; a dash if it never had one.
    """

    attack: str
    tier: int
    score: str


@dataclass(frozen=True)
class Matrix:
    """The table, defenses in the order of their worst case."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[str, tuple[Square, ...]], ...]


def matrix_of(group: Group) -> Matrix:
    """All cells of a group; attacks that are ranked before those that are not, what takes most from defenses first."""
    cells: dict[tuple[str, str], list[Entry]] = {}
    for entry in group.entries:
        cells.setdefault((entry.defense, entry.attack), []).append(entry)
    tiers = {entry.attack: entry.record.attack.threat.tier for entry in group.entries}
    heads = [
        Head(attack, tier, _score_of(group.entries, attack))
        for attack, tier in sorted(
            tiers.items(), key=lambda item: (item[1] > LAST_RANKED_TIER, -_taken(group.entries, item[0]), *item[::-1])
        )
    ]
    rows = [
        (defense, tuple(_square(defense, head, cells.get((defense, head.attack), [])) for head in heads))
        for defense in group.defenses
    ]
    return Matrix(tuple(heads), tuple(rows))


def band_of(score: float, chance: float | None, higher_is_worse: bool) -> int | None:
    """Number of the colour, 0 to 4; None for scores that do not run from chance to 1."""
    if chance is None or not higher_is_worse or not 0 <= chance < 1 or not 0 <= score <= 1:
        return None
    share = _share(score, chance)
    return sum(share >= edge for edge in BANDS)


def _taken(entries: Sequence[Entry], attack: str) -> float:
    """Mean over an attack's valid cells of the share that it takes of what chance leaves open; below 0 without any."""
    shares = [
        _share(score, chance)
        for entry in entries
        if entry.attack == attack and entry.headline is not None and entry.headline.higher_is_worse
        for score, chance in [(finite(entry.headline.value.value), finite(entry.headline.chance))]
        if score is not None and chance is not None and 0 <= chance < 1
    ]
    return statistics.fmean(shares) if shares else -math.inf


def _share(score: float, chance: float) -> float:
    return (score - chance) / (1 - chance)


def _score_of(entries: Sequence[Entry], attack: str) -> str:
    names = sorted({entry.headline_name for entry in entries if entry.attack == attack and entry.headline_name})
    return " or ".join(shown(name) for name in names) or DASH


def _square(defense: str, head: Head, entries: Sequence[Entry]) -> Square:
    if not entries:
        words = f"{head.attack} has no result on {defense}: it was not run, or does not fit the defense"
        return Square("never", "·", None, 0, words)
    worst = max(entries, key=lambda entry: (entry.leakage is not None, entry.leakage or 0.0))
    seeds = len({entry.record.seed for entry in entries})
    score = None if worst.headline is None else finite(worst.headline.value.value)
    if worst.headline is None or score is None:
        state = worst.record.status
        text = _STATES.get(state, DASH)
        return Square(state.value, text, id(worst), seeds, f"{defense} under {head.attack}: {state.value.upper()}")
    band = band_of(score, finite(worst.headline.chance), worst.headline.higher_is_worse)
    words = f"{defense} under {head.attack}: {shown(worst.headline_name or '')} {worst.headline.value}"
    css = "unbanded" if band is None else f"risk-{band}"
    return Square(css, fixed(score, 2), id(worst), seeds, words if seeds == 1 else f"{words}, worst of {seeds} seeds")


_STATES: Mapping[Status, str] = {Status.INVALID: "INVALID", Status.FAILED: "FAILED", Status.TIMEOUT: "TIMEOUT"}
