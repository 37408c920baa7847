"""Where the records come from."""

from bench.records.schema import Record
from docs.tables.board import TITLES, Board
from docs.tables.written import table


def commits(board: Board) -> str:
    """Cohorts, commits and processors, oldest first."""
    together: dict[tuple[str, str, str], list[Record]] = {}
    for record in sorted(board.records(), key=lambda one: one.created):
        ran = record.environment
        key = TITLES[record.data.name], (ran.git or "unknown")[:7], _processor(ran.processor)
        together.setdefault(key, []).append(record)
    rows = [
        (*key, cells[0].created[:10], str(len(cells)), str(len({one.defense.name for one in cells})))
        for key, cells in together.items()
    ]
    return table(("data", "commit", "processor", "from", "records", "defenses"), rows)


def _processor(name: str) -> str:
    return name.split(",")[0].replace("(R)", "").replace(" Processor", "").strip()
