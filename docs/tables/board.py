"""The records that the tables are made of."""

from dataclasses import dataclass
from pathlib import Path

from bench.leaderboard.build import judge
from bench.leaderboard.gathering import gathered
from bench.leaderboard.grouping import Group
from bench.records.schema import Record

REAL, MADE_UP = "prepared", "phantom"
TITLES = {REAL: "real scans", MADE_UP: "phantom"}


@dataclass(frozen=True)
class Board:
    """Our own leaderboard: one group of comparable records a cohort."""

    groups: dict[str, Group]

    def record(self, data: str, defense: str, attack: str) -> Record | None:
        """One cell; None if it was not run."""
        cells = (entry.record for entry in self.groups[data].entries)
        return next((one for one in cells if (one.defense.name, one.attack.name) == (defense, attack)), None)

    def records(self) -> list[Record]:
        """All cells."""
        return [entry.record for group in self.groups.values() for entry in group.entries]


def board_of(folder: Path) -> Board:
    """The records below a folder.

    Raises:
        BenchError: there is none, or one cannot be read.
        ValueError: the records of one cohort are not all comparable, or a cohort is missing.
    """
    groups = judge(gathered([folder]))
    found = sorted(group.key.data for group in groups)
    if found != sorted(TITLES):
        raise ValueError(f"{folder} holds groups of {', '.join(found)}; needed is one each of {', '.join(TITLES)}")
    return Board({group.key.data: group for group in groups})
