"""`bench leaderboard build`."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.cli.sheet import Head, Sheet
from bench.errors import BenchError
from bench.leaderboard.build import NUMBERS_NAME, PLAIN, judge, write
from bench.leaderboard.entry import Entry
from bench.leaderboard.gathering import gathered
from bench.leaderboard.grouping import Board, Group
from bench.leaderboard.tables.cells import columns_of
from bench.leaderboard.tables.table import Column, Row
from bench.leaderboard.threat_words import goal_in_words
from bench.leaderboard.worst_case.columns import TITLE, worst_columns
from bench.leaderboard.worst_case.view import worst_notes
from bench.records.files import VERIFICATION_NAME

LISTED = 12
"""Records that the terminal names and shows cell by cell, at most; of more it shows the worst cases alone."""
_SHOWN = ("defense", "attack", "state", "dice", "headline", "chance")
_WORST_SHOWN = ("rank", "defense", "seed", "dice", "worst-tpr", "worst-auc", "worst-by", "attacks")


def build_and_report(runs: Sequence[Path], out: Path, verified: Sequence[Path] = ()) -> None:
    """Write the page, print its tables in short or, of many records, those of the worst cases, and name every file.

    Args:
        runs: records, or folders that hold them; whatever verdicts lie there, they are claims.
        out: folder for the page.
        verified: folders that `bench leaderboard verify` filled, whose records and verdicts count.
    """
    if not (runs or verified):
        raise BenchError("no records given; give record files, folders that hold them, or --verified DIR")
    records = gathered([*runs, *verified])
    groups = judge(records, verified)
    page = write(groups, out)
    console = Console(highlight=False)
    few = len(records) <= LISTED
    for group in groups:
        for board in group.boards if few else ():
            _cells_table(group, board).print(console)
        if group.worst:
            _worst_table(group).print(console)
            for note in worst_notes(group.worst) if few else ():
                console.print(f"note: {note}", markup=False)
    for path, _ in records if few else ():
        console.print(f"record  {path}", soft_wrap=True, markup=False)
    if not few:
        told = f"records {len(records)}, below {', '.join(map(str, runs))}; cells and notes stand in the files below"
        console.print(told, soft_wrap=True, markup=False)
    twice = len(records) - sum(len(group.entries) for group in groups)
    if twice:
        console.print(f"note: {twice} of {len(records)} records repeat a cell that is shown already, and are left out")
    strange = [entry.path for group in groups for entry in group.entries if _strange(entry)]
    if strange:
        told = f"{strange[0].parent} and {len(strange) - 1} others" if len(strange) > 1 else f"{strange[0].parent}"
        console.print(
            f"note: beside records in {told} lies a {VERIFICATION_NAME}, which counts only below a folder given with "
            "--verified; they are shown as claimed",
            soft_wrap=True,
            markup=False,
        )
    for name in (NUMBERS_NAME, *PLAIN):
        console.print(f"table   {out / name}", soft_wrap=True, markup=False)
    console.print(f"page    {page}", soft_wrap=True, markup=False)


def _strange(entry: Entry) -> bool:
    """A verdict that somebody brought along, or that whoever keeps the board forgot to vouch for."""
    return not entry.verified and (entry.path.parent / VERIFICATION_NAME).exists()


def _cells_table(group: Group, board: Board) -> Sheet:
    key = group.key
    columns = [column for column in columns_of(board) if column.key in _SHOWN]
    title = f"{goal_in_words(board.goal, board.phase)}: {key.data}, {key.preset} ({key.origin})"
    return _sheet(title, columns, board.entries)


def _worst_table(group: Group) -> Sheet:
    columns = [column for column in worst_columns(group.worst) if column.key in _WORST_SHOWN]
    return _sheet(f"{TITLE}: {group.key.data}, {group.key.preset}", columns, group.worst)


def _sheet(title: str, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> Sheet:
    sheet = Sheet(title, [Head(one.title, one.numeric, whole=one.key == "defense") for one in columns], plain=True)
    for row in rows:
        cells = [column.cell(row) for column in columns]
        sheet.add_row(*(f"{cell.text} {cell.aside}".strip() for cell in cells))
    return sheet
