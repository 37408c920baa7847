"""What a table is made of: columns that show each row as a cell with an order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.leaderboard.numbers import DASH, bounds, finite, fixed, percent
from bench.records.parts import Interval

Row = TypeVar("Row")


@dataclass(frozen=True)
class Cell:
    """One field of a table.

    Attributes:
        detail: small print below the text, such as the interval.
        order: what the column sorts by; None is shown as a dash and sorts last in either direction.
    """

    text: str
    detail: str
    order: float | int | str | None

    @property
    def aside(self) -> str:
        """The small print where letters have one size: an interval in its brackets, anything else in parentheses."""
        return self.detail if not self.detail or self.detail.startswith("[") else f"({self.detail})"


@dataclass(frozen=True, eq=False)
class Column(Generic[Row]):
    """One column.

    Attributes:
        key: stable name, also in the page's markup.
        hint: what the number means, with its unit.
        numeric: sorts by number and is set flush right.
    """

    key: str
    title: str
    hint: str
    numeric: bool
    cell: Callable[[Row], Cell]


@dataclass(frozen=True, eq=False)
class TableView(Generic[Row]):
    """A table as the page shows it.

    Attributes:
        ident: unique on the page.
        title: what the table is of.
        note: what a reader must know before comparing its rows.
        rows: every column with the row's cell in it.
    """

    ident: str
    title: str
    note: str
    columns: tuple[Column[Row], ...]
    rows: tuple[tuple[tuple[Column[Row], Cell], ...], ...]


def table_view(
    rows: Sequence[Row], columns: Sequence[Column[Row]], ident: str, title: str, note: str = ""
) -> TableView[Row]:
    """All cells of the table."""
    cells = tuple(tuple((column, column.cell(row)) for column in columns) for row in rows)
    return TableView(ident, title, note, tuple(columns), cells)


def interval_cell(interval: Interval | None) -> Cell:
    """A number with its interval, or a dash."""
    if interval is None or finite(interval.value) is None:
        return Cell(DASH, "", None)
    return Cell(fixed(interval.value, 3), bounds(interval), interval.value)


def rate_cell(tpr: Interval | None, smallest_fpr: float | None) -> Cell:
    """A TPR with its interval; where its FPR is not supported, a dash and the smallest that is.

    Nobody at all recognised is less than guessing gets: the attack calls all pairs equally alike, or looks for the
    opposite. Nothing is hidden by that, so it has no place in the order and is no number to be best at.
    """
    if tpr is not None and tpr.value == 0:
        return Cell(fixed(0.0, 3), "below a guess", None)
    cell = interval_cell(tpr)
    if cell.order is not None or smallest_fpr is None:
        return cell
    return Cell(DASH, f"from {percent(smallest_fpr)} FPR", None)
