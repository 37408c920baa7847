"""`bench leaderboard build`."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.leaderboard.build import NUMBERS_NAME, build
from bench.leaderboard.columns import columns_of
from bench.leaderboard.grouping import Board, Group, groups_of
from bench.records.files import find_records, read_record

_SHOWN = ("defense", "attack", "state", "dice", "headline", "chance")


def build_and_report(runs: list[Path], out: Path) -> None:
    """Write the page, print its tables in short, and name every file."""
    records = [(path, read_record(path)) for path in find_records(runs)]
    page = build(records, out)
    console = Console(highlight=False)
    for group in groups_of(records):
        for board in group.boards:
            console.print(_table(group, board))
    for path, _ in records:
        console.print(f"record  {path}", soft_wrap=True, markup=False)
    console.print(f"table   {out / NUMBERS_NAME}", soft_wrap=True, markup=False)
    console.print(f"page    {page}", soft_wrap=True, markup=False)


def _table(group: Group, board: Board) -> Table:
    key = group.key
    table = Table(title=f"\n{key.data}, {key.preset} ({key.origin})", title_justify="left")
    columns = [column for column in columns_of(board, ()) if column.key in _SHOWN]
    for column in columns:
        table.add_column(column.title, justify="right" if column.numeric else "left")
    for entry in board.entries:
        cells = [column.cell(entry) for column in columns]
        table.add_row(*(f"{cell.text} {cell.detail}".strip() for cell in cells))
    return table
