"""One CSV file with all tables below each other in long form: a row is a row of a table, a column a column of any."""

import csv
import io
import re
from collections.abc import Sequence

from bench.leaderboard.plain.tables import PlainTable

_OWN = ("group", "table")
_DETAIL = ", detail"
_FORMULA = re.compile(
    r"(^|[;|\t\r\n])(\s*)(?=[=+@\-\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}])"
)
"""Where a spreadsheet begins to compute: at the start of a cell, and after what parts cells in other countries."""


def csv_text(tables: Sequence[PlainTable]) -> str:
    """Quoted where needed; columns `group`, `table`, then every column of any table, its small print beside it."""
    heads = list(dict.fromkeys(head for table in tables for head in _heads(table)))
    names = [*_OWN]
    for head in heads:
        names += [head, f"{head}{_DETAIL}"]
    whole = io.StringIO()
    writer = csv.DictWriter(whole, names, lineterminator="\n", restval="")
    writer.writeheader()
    for table in tables:
        for row in table.rows:
            line = {"group": harmless(table.group), "table": harmless(table.title)}
            for head, cell in zip(_heads(table), row, strict=True):
                line[head], line[f"{head}{_DETAIL}"] = harmless(cell.text), harmless(cell.detail)
            writer.writerow(line)
    return whole.getvalue()


def _heads(table: PlainTable) -> list[str]:
    """Titles of the columns; one that a record chose (its headline score) cannot take another's place."""
    found: list[str] = []
    for title, _ in table.heads:
        head = harmless(title).replace(_DETAIL, " (detail)")
        found.append(head if head not in (*found, *_OWN) else f"{head} ({len(found) + 1})")
    return found


def harmless(text: str) -> str:
    """The text with plain spaces, and an apostrophe before what a spreadsheet would compute (numbers pass)."""
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    try:
        float(text)
    except ValueError:
        return _FORMULA.sub(r"\1\2'", text)
    return text
