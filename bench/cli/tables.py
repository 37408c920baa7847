"""Tables on a terminal: words wrap, numbers stay whole."""

from collections.abc import Sequence

from rich.table import Table


def table_of(title: str, words: str, *numbers: str) -> Table:
    """An empty table whose first column holds words and the others numbers.

    On a narrow terminal the words wrap: half a number on the next line is another number.
    """
    table = Table(title=title, title_justify="left")
    table.add_column(words)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def row_of(values: Sequence[float | None]) -> str:
    """Several numbers in one field."""
    return " ".join("-" if value is None else f"{value:.3f}" for value in values)
