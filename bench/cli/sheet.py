"""A table of words and numbers on a terminal of any width: no number and no name is ever broken or cut off."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.cli.printable import harmless

_WHOLE = re.compile(r"\S+ \[[^]\n]*\]|\[[^]\n]*\]|\d+ to \d+|\S+")
"""What must stay on one line: a number with its interval, an interval, a range of ranks, a word."""
_INTERVAL = re.compile(r"(?<=\S) (?=\[[^]]*\])")
_WITH_INTERVAL = re.compile(r"(\S+) \[[^]]*\]")


@dataclass(frozen=True)
class Head:
    """The head of a column.

    Attributes:
        numeric: set flush right.
        whole: never wraps.
    """

    title: str
    numeric: bool = True
    whole: bool = False


@dataclass(eq=False)
class Sheet:
    """Rows of text under heads; how much of it is printed depends on the room there is.

    Attributes:
        plain: without lines between columns.
    """

    title: str
    heads: Sequence[Head]
    plain: bool = False
    rows: list[tuple[Sequence[str], str | None]] = field(default_factory=list)
    sections: set[int] = field(default_factory=set)

    def add_row(self, *fields: str, style: str | None = None) -> None:
        """One row; fields that are missing are empty."""
        whole = (*map(harmless, fields), *[""] * (len(self.heads) - len(fields)))
        self.rows.append((whole, style))

    def add_section(self) -> None:
        """A line before whatever comes next."""
        self.sections.add(len(self.rows))

    def print(self, console: Console) -> None:
        """On one line a row, else with intervals below their numbers, else without intervals and a word about it.

        Where even that has no room the table is wider than the terminal.
        """
        least = 0
        for form in (_as_it_is, _intervals_below, _no_intervals):
            least = self._least(form)
            if least <= console.width:
                break
        drawn = self._drawn(form, max(console.width, least))
        drawn.width = least if least > console.width else None
        console.print(drawn, crop=False)
        needed = self._least(_intervals_below)
        if form is _no_intervals and any(_INTERVAL.search(one) for row, _ in self.rows for one in row):
            console.print(f"left out: intervals, which need {needed} characters a line", soft_wrap=True)

    def _drawn(self, form: Callable[[str], str], room: int) -> Table:
        table = self._empty()
        wide, least = map(list, zip(*self._widths(form), strict=True))
        while self._beside + sum(wide) > room and wide != least:
            widest = max(range(len(wide)), key=lambda place: wide[place] - least[place])
            wide[widest] -= 1  # what has most words wraps first
        for head, width in zip(self.heads, wide, strict=True):
            table.add_column(
                Text(head.title), justify="right" if head.numeric else "left", overflow="fold", width=width
            )
        for place, (fields, style) in enumerate(self.rows):
            if place in self.sections and place:
                table.add_section()
            table.add_row(*(Text(form(one)) for one in fields), style=style)
        return table

    def _empty(self) -> Table:
        shape: Box = box.SIMPLE_HEAD if self.plain else box.HEAVY_HEAD
        title = Text(f"\n{harmless(self.title)}" if self.plain else harmless(self.title))
        return Table(title=title, title_justify="left", box=shape, padding=(0, 1, 0, 0) if self.plain else (0, 1))

    @property
    def _beside(self) -> int:
        """Characters of a line that no column has."""
        return 1 + (2 if self.plain else 3) * len(self.heads)

    def _least(self, form: Callable[[str], str]) -> int:
        return self._beside + sum(least for _, least in self._widths(form))

    def _widths(self, form: Callable[[str], str]) -> list[tuple[int, int]]:
        """Of every column: on how many characters nothing wraps, and on how many nothing is broken."""
        found = []
        for place, head in enumerate(self.heads):
            fields = [head.title, *(form(row[place]) for row, _ in self.rows)]
            full = max(len(line) for one in fields for line in one.split("\n"))
            pieces = [len(piece) for one in fields for piece in _WHOLE.findall(one)]
            found.append((full, full if head.whole else max(pieces, default=0)))
        return found


def _as_it_is(text: str) -> str:
    return text


def _intervals_below(text: str) -> str:
    return _INTERVAL.sub("\n", text)


def _no_intervals(text: str) -> str:
    return _WITH_INTERVAL.sub(r"\1", text)


def sheet_of(title: str, words: str, *numbers: str) -> Sheet:
    """An empty sheet whose first column holds words and the others numbers."""
    return Sheet(title, [Head(words, numeric=False), *map(Head, numbers)])


def row_of(values: Sequence[float | None]) -> str:
    """Several numbers in one field."""
    return " ".join("-" if value is None else f"{value:.3f}" for value in values)
