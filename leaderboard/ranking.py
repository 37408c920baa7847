"""The order of the rows.

Defenses with a worst case over valid attacks stand first, in its order, see `bench.leaderboard.worst_case.ranks`.
Any other stands where its worst valid attack at tier T2 or below puts it, most private first; nothing is more private
than what a guess gets. Cells that are not OK carry no score, so they can neither lift a defense nor sink it; a defense
without any valid score comes last.
"""

import json
from collections.abc import Mapping, Sequence

from bench.leaderboard.entry import Entry


def worst_cases(entries: Sequence[Entry]) -> dict[str, Entry]:
    """For every defense with a ranked cell: the cell that leaks most."""
    worst: dict[str, Entry] = {}
    for entry in sorted(entries, key=_within_defense):
        if entry.ranked:
            worst.setdefault(entry.defense, entry)
    return worst


def in_order(entries: Sequence[Entry], judged: Mapping[str, tuple[bool, float, str]]) -> list[Entry]:
    """Defenses by their worst case, most private first; within one, the strongest attack first, unscored cells last.

    Args:
        judged: what defenses sort by that have a worst case.
    """
    worst = worst_cases(entries)

    def place(entry: Entry) -> tuple[bool, bool, float, str]:
        if entry.defense in judged:
            return False, *judged[entry.defense]
        decisive = worst.get(entry.defense)
        leakage = None if decisive is None else decisive.leakage_over_a_guess
        return True, leakage is None, 0.0 if leakage is None else leakage, entry.defense

    return sorted(entries, key=lambda entry: (place(entry), _within_defense(entry)))


def _within_defense(entry: Entry) -> tuple[bool, bool, float, str, int, str, str]:
    leakage = entry.leakage
    return (
        not entry.ranked,
        leakage is None,
        0.0 if leakage is None else -leakage,
        entry.attack,
        entry.record.seed,
        entry.record.cell,
        fingerprint(entry),
    )


def fingerprint(entry: Entry) -> str:
    """All of the record as text, so that no tie is left to the order in which files were found."""
    return json.dumps(entry.record.model_dump(), sort_keys=True, default=str)
