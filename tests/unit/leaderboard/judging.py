"""Records of attacks that know some of twelve people, as the leaderboard reads them."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.worst_case.ranks import RankedRow
from bench.records.schema import Record
from tests.factories import judged_record, make_record, seeing

PEOPLE = tuple(f"p{number // 2:02d}" for number in range(24))
EVEN, ODD = set(PEOPLE[::4]), set(PEOPLE[2::4])
EVERYBODY, NOBODY = set(PEOPLE), set[str]()
Cell = tuple[Path, Record]
Judged = Callable[..., Cell]


def judged_in(tmp_path: Path) -> Judged:
    """Makes records of attacks that know some people, with their linkages beside them."""

    def make(
        defense: str,
        attack: str,
        known: Collection[str],
        *,
        tier: int = 0,
        goal: str = "linkage",
        name: str = "",
        **more: Any,
    ) -> Cell:
        threat = {"tier": tier, "goal": goal}
        changes = {"defense": {"name": defense}, "attack": {"name": attack, "threat": threat}, **more}
        chance = sum(map(ord, attack))
        folder = tmp_path / (name or f"{defense}-{attack}-{more.get('seed', 0)}")
        return judged_record(folder, PEOPLE, seeing(PEOPLE, known, chance), **changes)

    return make


def lost(folder: Path, defense: str, attack: str, status: str) -> Cell:
    record = make_record(
        cell=f"{defense}-{attack}", defense={"name": defense}, attack={"name": attack}, status=status, reason="broke"
    )
    return folder / f"{defense}-{attack}" / "record.json", record


def rows(*cells: Cell) -> dict[str, RankedRow]:
    (group,) = groups_of(cells)
    return {one.row.defense: one for one in group.worst}


def rank(one: RankedRow) -> tuple[int, int] | None:
    return None if one.standing is None else (one.standing.best, one.standing.worst)


def tpr(one: RankedRow, attack: str | None = None) -> float:
    assert one.row.result is not None
    found = one.row.result.union if attack is None else one.row.result.attacks[attack]
    assert found.tprs[0].tpr is not None
    return found.tprs[0].tpr.value
