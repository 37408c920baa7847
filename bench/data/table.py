"""Tables of text, tab- or comma-separated."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

MISSING = ("", "n/a")
"""How an empty cell is written."""


@dataclass(frozen=True)
class Table:
    """Rows by name of the column, and the names even where there is no row."""

    heading: list[str]
    rows: list[dict[str, str]]

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self.rows)


def read_table(path: Path, columns: Sequence[str], delimiter: str = "\t") -> Table:
    """A table with a heading; quotes mean something only between commas.

    Raises:
        BenchError: it cannot be read, a column is missing, or a row has another number of cells than the heading.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BenchError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    filled = (line for line in lines if line.strip())
    try:
        if delimiter == "\t":
            rows = list(csv.reader(filled, delimiter=delimiter, quoting=csv.QUOTE_NONE))
        else:
            rows = list(csv.reader(filled, delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BenchError(f"{path} is no table ({error}); save it again as plain text") from error
    heading = rows[0] if rows else []
    for column in columns:
        if column not in heading:
            raise BenchError(
                f"{path} has no column {column!r}; found {', '.join(heading) or 'nothing'}; "
                f"it must be {'tab' if delimiter == chr(9) else 'comma'}-separated with a heading line"
            )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(heading):
            raise BenchError(
                f"{path} line {number} has {len(row)} cells, the heading has {len(heading)}; mend that line"
            )
    return Table(heading, [dict(zip(heading, row, strict=True)) for row in rows[1:]])
