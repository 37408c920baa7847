"""Which cells of a defense met the same trained networks."""

from collections.abc import Iterable

from bench.leaderboard.entry import Entry

SAME_DICE = 5
"""Decimals in which Dice of the same weights agrees, measured by whatever version on whatever processor."""


def trainings(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The cells, training by training; where old records hold no hash of the weights, Dice is as good as one."""
    cells = list(entries)
    hashed = all(entry.record.defense.weights_hash is not None for entry in cells)
    found: dict[object, list[Entry]] = {}
    for entry in cells:
        defense, dice = entry.record.defense, None if entry.dice is None else round(entry.dice, SAME_DICE)
        mark = defense.weights_hash if hashed else (defense.training_hash, dice)
        found.setdefault((entry.record.seed, mark), []).append(entry)
    return list(found.values())
