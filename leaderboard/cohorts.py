"""What a group's records say of their scans: which cohort they are, under which licence, what to know of them."""

import re
from collections import Counter

from bench.leaderboard.grouping import Group

_NAMED = re.compile(r"Data: (.+?)(?:; licence: .*)?\.?")
"""How datasets name themselves, see `bench.data.bids_tables.read_description`."""


def notes_of(group: Group) -> list[str]:
    """Sentences about the data that most of the group's records carry: one claim neither adds nor takes away any."""
    records = [entry.record for entry in group.entries]
    counted = Counter(note for record in records for note in dict.fromkeys(record.data.notes))
    return [note for note, count in counted.items() if 2 * count > len(records)]


def title_of(group: Group) -> str:
    """Name of the cohort with that of the dataset behind it, or the latter alone where scans do not say whose they are.

    A preparation names itself before the scans that it was made from: the last name counts.
    """
    names = [found[1] for note in notes_of(group) if (found := _NAMED.fullmatch(note)) is not None]
    return f"{names[-1]} ({group.key.data})" if names else group.key.data
