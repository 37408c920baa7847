"""What the page says about the worst case: the table, who took no part, and a sentence for every cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.numbers import fixed
from bench.leaderboard.tables.table import TableView, table_view
from bench.leaderboard.trainings import trainings
from bench.leaderboard.worst_case.columns import TITLE, worst_columns
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.types.threat import LAST_RANKED_TIER


@dataclass(frozen=True, eq=False)
class WorstView:
    """The table of one group.

    Attributes:
        notes: about cells that took no part, and attacks that were never run.
    """

    table: TableView[RankedRow]
    notes: tuple[str, ...]


def worst_view(ranked: Sequence[RankedRow], ident: str) -> WorstView | None:
    """The table; None if no attack's goal is linkage."""
    if not ranked:
        return None
    return WorstView(table_view(ranked, worst_columns(ranked), ident, TITLE), tuple(worst_notes(ranked)))


def worst_notes(ranked: Sequence[RankedRow]) -> list[str]:
    """What a reader of the table must not overlook, row by row."""
    notes = [note for one in ranked for note in _notes(one)]
    shared: dict[str, list[RankedRow]] = {}
    for one in ranked:
        for said in _asked(one):
            shared.setdefault(said, []).append(one)
    return [*(f"{_who(rows)}: {said}" for said, rows in shared.items()), *notes]


def _who(rows: Sequence[RankedRow]) -> str:
    """The defenses of one seed, then those of the next."""
    seeds: dict[int, list[str]] = {}
    for one in rows:
        seeds.setdefault(one.row.seed, []).append(one.row.defense)
    return "; ".join(f"{', '.join(names)}, seed {seed}" for seed, names in seeds.items())


def _asked(one: RankedRow) -> list[str]:
    """Which attacks were run on some people only; mostly the same ones on every defense."""
    everybody = len(set(one.row.people))
    return [f"{', '.join(names)} attacked {asked} of {everybody} people." for asked, names in _partly(one).items()]


def parts(ranked: Sequence[RankedRow]) -> dict[int, str]:
    """For every cell that was looked at, by `id` of its entry: whether it took part, in words."""
    words: dict[int, str] = {}
    for one in ranked:
        partly = {name: asked for asked, names in _partly(one).items() for name in names}
        for name, entry in one.row.entries.items():
            words[id(entry)] = _part(one, name, partly.get(name))
        for entry, reason in one.row.absent:
            words[id(entry)] = f"Takes no part: {reason}."
    return words


def _part(one: RankedRow, attack: str, asked: int | None) -> str:
    if one.strongest is not None and one.strongest.alone == attack:
        return "Takes part; alone it recognises most."
    if one.strongest is not None and attack in one.strongest.alike:
        return f"Takes part; alone it recognises as much as {one.strongest.alone}."
    if asked is not None:
        return f"Takes part together with others only: it attacked {asked} of {len(set(one.row.people))} people."
    return "Takes part."


def part_of(entry: Entry, known: dict[int, str]) -> str:
    """What this cell adds to the worst case of its defense, in words."""
    threat = entry.record.attack.threat
    if not threat.links:
        return "Takes no part: only attacks that tell the test people apart count here."
    if threat.tier > LAST_RANKED_TIER:
        return f"Takes no part: T{threat.tier} is stronger than T{int(LAST_RANKED_TIER)}, shown but never ranked."
    return known.get(id(entry), "Takes part through an equal run of the same cell.")


def _partly(one: RankedRow) -> dict[int, list[str]]:
    """Attacks that were run on some people only, by the number of these people."""
    people = one.row.people
    found: dict[int, list[str]] = {}
    for name, linkages in sorted(one.row.linkages.items()):
        rows = linkages[0].probes
        if rows is not None:
            found.setdefault(len({people[row] for row in rows}), []).append(name)
    return found


def _notes(one: RankedRow) -> list[str]:
    who = f"{one.row.defense}, seed {one.row.seed}"
    notes = [f"{who}: {entry.attack} took no part: {reason}." for entry, reason in one.row.absent]
    if one.open_attacks:
        names = ", ".join(one.open_attacks)
        notes.append(f"{who} has no rank: {names} judged other defenses but not this one, so it may only look private.")
    if one.leak is not None and one.judged[0] < one.judged[1]:
        notes.append(f"{who} has no rank: attacks were run on {one.judged[0]} of {one.judged[1]} people only.")
    trained = [cells[0] for cells in trainings(one.row.entries.values())]
    if len(trained) > 1:
        dice = sorted(entry.dice for entry in trained if entry.dice is not None)
        spread = f", with Dice from {fixed(dice[0], 3)} to {fixed(dice[-1], 3)}" if dice else ""
        notes.append(f"{who}: the attacks were run on {len(trained)} separately trained networks{spread}.")
    if one.spared:
        names = ", ".join(one.spared)
        notes.append(f"{who} was never attacked by {names}, which others had to face, so it may only look private.")
    return notes
