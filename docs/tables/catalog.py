"""Which tables there are, by the name in the documents' marks, and which documents hold them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from docs.tables.attacks import against_ten_queries, beside_nothing, every_attack
from docs.tables.board import MADE_UP, REAL, Board
from docs.tables.curves import DIALS, along_dial, by_queries
from docs.tables.methods import first_look, reported, rivals, self_checks
from docs.tables.origins import commits
from docs.tables.places import filled
from docs.tables.worst_cases import worst_cases

HOME = Path(__file__).parents[2]
RECORDS = HOME / "leaderboard" / "results"
DOCUMENTS = (HOME / "README.md", HOME / "docs" / "results.md", RECORDS / "README.md")
_COHORTS = {"real scans": REAL, "phantom": MADE_UP}

TABLES: Mapping[str, Callable[[Board], str]] = {
    "first look": first_look,
    "ten queries": against_ten_queries,
    "rivals as reported": reported,
    "by queries": by_queries,
    "commits": commits,
    **{f"along the dial of {defense}": partial(along_dial, defense=defense) for defense in DIALS},
    **{f"worst cases, {title}": partial(worst_cases, data=data) for title, data in _COHORTS.items()},
    **{f"rivals, {title}": partial(rivals, data=data) for title, data in _COHORTS.items()},
    **{f"warps, {title}": partial(self_checks, data=data) for title, data in _COHORTS.items()},
    **{f"every attack, {title}": partial(every_attack, data=data) for title, data in _COHORTS.items()},
    **{f"beside doing nothing, {title}": partial(beside_nothing, data=data) for title, data in _COHORTS.items()},
}


def rendered(text: str, board: Board) -> str:
    """A document with its tables made of these records.

    Raises:
        ValueError: it asks for a table that there is not, or a mark has no partner.
    """

    def made(name: str) -> str:
        if name not in TABLES:
            raise ValueError(f"no table is called {name!r}; there are {', '.join(TABLES)}")
        return TABLES[name](board)

    return filled(text, made)
