"""Which records may stand in one table.

Records are comparable only if they come from the same data, split, preset, protocol and settings of the
evaluation. Within such a group, attacks with different goals or different headline scores still answer different
questions: each gets its own board.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.leaderboard.entry import Entry
from bench.leaderboard.ranking import fingerprint, in_order
from bench.leaderboard.submissions.verdict import verdict_beside
from bench.leaderboard.variants import variant_names
from bench.leaderboard.worst_case.joined import union_rows
from bench.leaderboard.worst_case.ranks import RankedRow, defense_places, ranked_rows
from bench.records.schema import Record
from bench.types.threat import LAST_RANKED_TIER

VISITS = {
    "real": "real scans, real second visits",
    "simulated": "real scans, simulated second visits",
    "none": "real scans, one visit each",
}


@dataclass(frozen=True, order=True)
class GroupKey:
    """What must agree before two records may be compared; sorts real data before made-up data.

    Attributes:
        evaluation: how much was measured of what, setting by setting: another number of keys or another pool of
            references gives other numbers.
    """

    synthetic: bool
    data: str
    revisits: str
    preset: str
    protocol_version: str
    data_hash: str
    split_hash: str
    evaluation: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, record: Record) -> "GroupKey":
        """The key of one record."""
        return cls(
            synthetic=record.data.synthetic,
            data=record.data.name,
            revisits=record.data.revisits,
            preset=record.preset,
            protocol_version=record.protocol_version,
            data_hash=record.data.data_hash,
            split_hash=record.data.split_hash,
            evaluation=tuple(sorted((name, json.dumps(value)) for name, value in record.settings.items())),
        )

    @property
    def origin(self) -> str:
        """What a reader must know about where the scans come from."""
        if self.synthetic:
            return "made-up anatomy: difficulty is a dial, not evidence about patients"
        return VISITS[self.revisits]


@dataclass(frozen=True, eq=False)
class Board:
    """One table and one plot: attacks with one goal on the traffic of one phase, scored by one headline.

    Attributes:
        phase: when the traffic is tapped.
        headline: name of the score; None if no cell has a valid one.
        entries: in the order of the table.
    """

    goal: str
    phase: str
    headline: str | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False)
class Group:
    """Comparable records.

    Attributes:
        worst_by_tier: for every tier up to T2 every defense at every seed under what recognises most, one valid attack
            up to it or all together, in order; empty if no such attack tells people apart.
    """

    key: GroupKey
    boards: tuple[Board, ...]
    worst_by_tier: Mapping[int, tuple[RankedRow, ...]]

    @property
    def worst(self) -> tuple[RankedRow, ...]:
        """What the ranks go by: the worst case under valid attacks up to T2."""
        return self.worst_by_tier[LAST_RANKED_TIER]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All cells of the group, board by board."""
        return tuple(entry for board in self.boards for entry in board.entries)

    @property
    def defenses(self) -> tuple[str, ...]:
        """Names of all defenses, in the order of their worst cases, then of their cells."""
        return tuple(dict.fromkeys([one.row.defense for one in self.worst] + [one.defense for one in self.entries]))

    @property
    def first(self) -> Record:
        """Any record of the group; all agree on the data."""
        return self.boards[0].entries[0].record

    @property
    def classes(self) -> tuple[str, ...]:
        """Foreground classes, in the order of the data."""
        names = (name for board in self.boards for entry in board.entries for name in entry.record.data.classes[1:])
        return tuple(dict.fromkeys(names))


def groups_of(records: Sequence[tuple[Path, Record]], trusted: Sequence[Path] = ()) -> list[Group]:
    """Records sorted into comparable groups; a record given twice counts once, and the order given plays no part.

    Args:
        records: with their files.
        trusted: folders whose verdicts count, see `verdict_beside`.

    Raises:
        BenchError: linkage files of one group are about different people.
    """
    sorted_records: dict[GroupKey, list[tuple[Path, Record]]] = {}
    for path, record in records:
        sorted_records.setdefault(GroupKey.of(record), []).append((path, record))
    return [_group(key, _entries(found, trusted)) for key, found in sorted(sorted_records.items())]


def _group(key: GroupKey, entries: Sequence[Entry]) -> Group:
    worst = _worst_by_tier(entries)
    return Group(key, _boards(entries, defense_places(worst[LAST_RANKED_TIER])), worst)


def _worst_by_tier(entries: Sequence[Entry]) -> dict[int, tuple[RankedRow, ...]]:
    worst: dict[int, tuple[RankedRow, ...]] = {}
    tiers = {entry.record.attack.threat.tier for entry in entries if entry.record.attack.threat.links}
    for tier in range(LAST_RANKED_TIER + 1):
        same = tier - 1 in worst and tier not in tiers
        worst[tier] = worst[tier - 1] if same else tuple(ranked_rows(union_rows(entries, tier)))
    return worst


def _entries(records: Sequence[tuple[Path, Record]], trusted: Sequence[Path]) -> list[Entry]:
    defenses = variant_names([(record.defense.name, record.defense.settings) for _, record in records])
    attacks = variant_names([(record.attack.name, record.attack.settings) for _, record in records])
    entries = [
        Entry(path, record, defense, attack, verdict=verdict_beside(path, trusted))
        for (path, record), defense, attack in zip(records, defenses, attacks, strict=True)
    ]
    once: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda entry: (not entry.verified, entry.path)):
        once.setdefault(fingerprint(entry), entry)
    found = [entry.record for entry in once.values() if entry.verified]
    # Of a cell that was run again, what was found counts and not what was claimed, whatever address that claims.
    return [
        entry
        for _, entry in sorted(once.items())
        if entry.verified or not any(_same_cell(entry.record, record) for record in found)
    ]


def _same_cell(one: Record, other: Record) -> bool:
    """Whether the two say that the same was run: a setting that only one of them names tells no runs apart."""
    if one.cell == other.cell:
        return True
    names = [(record.defense.name, record.attack.name, record.seed) for record in (one, other)]
    settings = [(record.defense.settings, record.attack.settings, record.data.settings) for record in (one, other)]
    return names[0] == names[1] and not any(
        ours[key] != theirs[key]  # 0 is 0.0
        for ours, theirs in zip(*settings, strict=True)
        for key in ours.keys() & theirs.keys()
    )


def _boards(entries: Sequence[Entry], judged: Mapping[str, tuple[bool, float, str]]) -> tuple[Board, ...]:
    found: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        threat, headline = entry.record.attack.threat, entry.headline_name or _headline_of_the_like(entry, entries)
        found.setdefault((threat.goal, threat.phase, headline or ""), []).append(entry)
    return tuple(
        Board(
            goal,
            phase,
            headline or None,
            tuple(in_order(together, judged if together[0].record.attack.threat.links else {})),
        )
        for (goal, phase, headline), together in sorted(found.items())
    )


def _headline_of_the_like(entry: Entry, entries: Sequence[Entry]) -> str | None:
    """Where a cell without a score belongs: beside the same attack, else beside attacks with the same goal."""
    attack = entry.record.attack
    peers = [other for other in entries if other.record.attack.threat.goal == attack.threat.goal]
    same_attack = {other.headline_name for other in peers if other.record.attack.name == attack.name}
    same_goal = {other.headline_name for other in peers}
    return min((name for name in same_attack if name), default=min((name for name in same_goal if name), default=None))
