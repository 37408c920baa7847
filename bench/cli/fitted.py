"""A wide table on a terminal of any width: no number and no name is ever broken."""

import re
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.leaderboard.tables import Cell

_EDGE, _GAP = 1, 2
"""Characters that a table takes beside its columns, and with each of them."""


@dataclass(frozen=True)
class Fitted:
    """A table before it is known how much of it has room.

    Attributes:
        heads: of each column, and whether it holds numbers, and names that must not be broken.
    """

    title: str
    heads: list[tuple[str, bool, bool]]
    rows: list[list[Cell]]

    def least(self, *, intervals: bool = True) -> int:
        """Characters of a line that it takes to keep numbers, intervals and words whole."""
        return _EDGE + sum(_GAP + least for _, least in self._widths(intervals))

    def drawn(self, room: int, *, intervals: bool) -> Table:
        """For a terminal of so many characters a line: where it is too narrow, what has most words wraps first."""
        table = Table(title=Text(f"\n{self.title}"), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        wide, least = map(list, zip(*self._widths(intervals), strict=True))
        while _EDGE + sum(_GAP + width for width in wide) > room and wide != least:
            widest = max(range(len(wide)), key=lambda place: wide[place] - least[place])
            wide[widest] -= 1
        for (head, numeric, _), width in zip(self.heads, wide, strict=True):
            table.add_column(head, justify="right" if numeric else "left", overflow="fold", width=width)
        for row in self.rows:
            table.add_row(*(Text(self._field(cell, intervals)) for cell in row))
        return table

    def _widths(self, intervals: bool) -> list[tuple[int, int]]:
        """Of every column: on how many characters nothing wraps, and on how many no word is broken."""
        found = []
        for place, (head, _, whole) in enumerate(self.heads):
            fields = [self._field(row[place], intervals) for row in self.rows]
            full = max(len(line) for field in (head, *fields) for line in field.split("\n"))
            found.append((full, full if whole else max(map(_longest_word, (head, *fields)))))
        return found

    def _field(self, cell: Cell, intervals: bool) -> str:
        if not cell.detail.startswith("["):
            return f"{cell.text} {cell.aside}".strip()
        return f"{cell.text}\n{cell.aside}" if intervals else cell.text


def print_fitted(console: Console, table: Fitted) -> None:
    """With intervals if they stay whole, else without and a word about it; half a number is printed for nobody."""
    intervals = table.least() <= console.width
    least = table.least(intervals=intervals)
    drawn = table.drawn(max(console.width, least), intervals=intervals)
    drawn.width = least if least > console.width else None
    console.print(drawn, crop=False)
    if not intervals:
        console.print(f"left out: intervals, which need {table.least()} characters a line", soft_wrap=True)


def _longest_word(text: str) -> int:
    """What must stay on one line: a word, or all that stands in brackets."""
    return max((len(word) for word in re.findall(r"\[[^]]*\]|\S+", text)), default=0)
