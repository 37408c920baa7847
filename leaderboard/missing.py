"""Which attacks a defense has not met yet: until then its rank may flatter it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bench.leaderboard.grouping import Group
from bench.records.schema import Record


@dataclass(frozen=True)
class Missing:
    """One defense at one seed.

    Attributes:
        defense: its name in its group.
        record: any of its cells; it says how the others are run.
        attacks: those that it was not run against, in the order asked.
    """

    defense: str
    record: Record
    attacks: tuple[str, ...]


def missing(groups: Sequence[Group], attacks: Collection[str]) -> list[Missing]:
    """What is missing of `attacks`, group by group, in the order of the page's matrix.

    A cell that failed is not missing: it stands on the page with its reason.
    """
    return [found for group in groups for found in _of_group(group, attacks)]


def _of_group(group: Group, attacks: Collection[str]) -> list[Missing]:
    met: dict[tuple[str, int], set[str]] = {}
    cells: dict[tuple[str, int], Record] = {}
    for entry in group.entries:
        run = entry.defense, entry.record.seed
        met.setdefault(run, set()).add(entry.record.attack.name)
        cells.setdefault(run, entry.record)
    order = dict.fromkeys([one.row.defense for one in group.worst] + [defense for defense, _ in met])
    left = [
        Missing(defense, cells[defense, seed], tuple(name for name in attacks if name not in met[defense, seed]))
        for defense in order
        for seed in sorted(seed for other, seed in met if other == defense)
    ]
    return [one for one in left if one.attacks]
