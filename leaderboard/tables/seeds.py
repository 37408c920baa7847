"""Cells that differ in nothing but the seed, taken together: intervals for other people and other trainings.

Source: `bench.metrics.crossed`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.tables.table import Cell, Column, interval_cell
from bench.metrics.crossed import bootstrap_crossed
from bench.records.parts import NOT_MEASURED, Interval
from bench.records.score_names import shown

TITLE = "Over training seeds"
NOTE = (
    "The same cells trained and keyed anew: intervals are for other people and other seeds. With two seeds they are "
    "rough."
)


@dataclass(frozen=True, eq=False)
class SeedsRow:
    """One defense under one attack over several seeds.

    Attributes:
        headline: name of the score.
        leakage: of the headline, averaged over people and seeds.
    """

    defense: str
    attack: str
    seeds: tuple[int, ...]
    dice: Interval
    headline: str
    leakage: Interval


def over_seeds(entries: Sequence[Entry]) -> list[SeedsRow]:
    """A row for every defense and attack with valid cells of two seeds or more, in the order of the names."""
    together: dict[tuple[str, str], dict[int, Entry]] = {}
    for entry in entries:
        if entry.privacy is not None:
            together.setdefault((entry.defense, entry.attack), {}).setdefault(entry.record.seed, entry)
    return [_row(defense, attack, cells) for (defense, attack), cells in sorted(together.items()) if len(cells) > 1]


def seeds_columns(rows: Sequence[SeedsRow]) -> list[Column[SeedsRow]]:
    """The columns; the score is named where all rows have the same one."""
    headlines = {row.headline for row in rows}
    headline = shown(headlines.pop()) if len(headlines) == 1 else "headline score"
    return [
        Column("defense", "Defense", "what the hospital does to a scan before sending it", False, _defense),
        Column("attack", "Attack", "what the attacker does with what was sent", False, _attack),
        Column("seeds", "Seeds", "trainings and keys that were drawn anew", False, _seeds),
        Column("dice", "Dice", "average over classes; 95 % interval over people and seeds", True, _dice_cell),
        Column("headline", headline, "mean over people and seeds, with its 95 % interval over both", True, _leakage),
    ]


def _row(defense: str, attack: str, cells: Mapping[int, Entry]) -> SeedsRow:
    seeds = tuple(sorted(cells))
    found = [cells[seed] for seed in seeds]
    names = ("over seeds", defense, attack)
    headlines = {entry.headline_name or "" for entry in found}
    return SeedsRow(
        defense,
        attack,
        seeds,
        _crossed([_dice(entry) for entry in found], *names, "dice"),
        headlines.pop() if len(headlines) == 1 else "",
        _crossed([_risk(entry) for entry in found], *names, "leakage"),
    )


def _crossed(levels: Sequence[Mapping[str, float]], *axes: str) -> Interval:
    """Over the people whom every level knows."""
    people = sorted(set.intersection(*(set(level) for level in levels)))
    if not people:
        return NOT_MEASURED
    table = {person: [level[person] for level in levels] for person in people}
    return Interval.of(bootstrap_crossed(table, *axes, limits=(0.0, 1.0)))


def _dice(entry: Entry) -> dict[str, float]:
    averages = {}
    for person, classes in entry.record.utility.dice_per_subject.items():
        known = [value for value in classes.values() if value is not None]
        if known:
            averages[person] = math.fsum(known) / len(known)
    return averages


def _risk(entry: Entry) -> dict[str, float]:
    if entry.privacy is None or entry.privacy.residual is None:
        return {}
    risks = entry.privacy.residual.per_subject
    return {person: value for person, value in risks.items() if value is not None}


def _defense(row: SeedsRow) -> Cell:
    return Cell(row.defense, "", row.defense)


def _attack(row: SeedsRow) -> Cell:
    return Cell(row.attack, "", row.attack)


def _seeds(row: SeedsRow) -> Cell:
    return Cell(", ".join(map(str, row.seeds)), "", len(row.seeds))


def _dice_cell(row: SeedsRow) -> Cell:
    return interval_cell(row.dice)


def _leakage(row: SeedsRow) -> Cell:
    return interval_cell(row.leakage)
