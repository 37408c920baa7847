"""The tables of the page, of Markdown, CSV and LaTeX, read back by nothing but their own syntax."""

import csv
import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

Cell = tuple[str, str]
"""Text and small print."""
_SMALL = frozenset({"interval-text", "reason"})


@dataclass
class Read:
    """One table as it was read: titles of its columns, and its rows."""

    heads: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)


class _Page(HTMLParser):
    """Tables that sort; of the worst cases the one that ranks."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Read] = []
        self._article: dict[str, str | None] = {}
        self._table: Read | None = None
        self._open: list[tuple[str, bool]] = []
        self._text, self._small = "", ""
        self._cell, self._head = False, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "article":
            self._article = given
        wanted = self._article.get("data-up-to") in (None, "2")
        if tag == "table" and "sortable" in (given.get("class") or "") and wanted:
            self._table = Read()
            self.tables.append(self._table)
        if tag in ("td", "th"):
            self._cell, self._text, self._small = True, "", ""
        if tag == "thead":
            self._head = True
        if tag == "tr" and self._table is not None and not self._head:
            self._table.rows.append([])
        if tag == "span":
            self._open.append((tag, bool(_SMALL & set((given.get("class") or "").split()))))

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._open.pop()
        if tag in ("td", "th") and self._table is not None:
            self._cell = False
            found = (_plain(self._text), _plain(self._small))
            if self._head:
                self._table.heads.append(found[0])
            else:
                self._table.rows[-1].append(found)
        if tag == "thead":
            self._head = False
        if tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if not self._cell:
            return
        if any(small for _, small in self._open):
            self._small += data
        else:
            self._text += data


def page_tables(html: str) -> list[Read]:
    """What the page shows, in its order."""
    reader = _Page()
    reader.feed(html)
    return reader.tables


def csv_tables(text: str) -> list[Read]:
    """Rows of one group and table belong together; columns that none of them fills are others'."""
    found: list[Read] = []
    names: list[tuple[str, str]] = []
    for line in csv.DictReader(io.StringIO(text)):
        heads = [head for head in line if head not in ("group", "table") and not head.endswith(", detail")]
        if not names or names[-1] != (line["group"], line["table"]):
            names.append((line["group"], line["table"]))
            found.append(Read([head for head in heads if line[head]]))
        found[-1].rows.append([(line[head], line[f"{head}, detail"]) for head in found[-1].heads])
    return found


def markdown_tables(text: str) -> list[Read]:
    """A row is a line between bars; small print stands behind a number, in brackets or parentheses."""
    found: list[Read] = []
    before = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            before = ""
            continue
        if not before:
            found.append(Read([_unescaped(cell) for cell in _split(line)]))
        elif not set(line) <= set("|-:"):
            found[-1].rows.append([(_unescaped(cell.replace("**", "")), "") for cell in _split(line)])
        before = line
    return found


def latex_tables(text: str) -> list[Read]:
    """Rows between the rules; a continued table goes on with the one before."""
    found: list[Read] = []
    for body in re.findall(r"\\begin\{table\}(.*?)\\end\{table\}", text, re.DOTALL):
        inner = body.split(r"\toprule")[1].split(r"\bottomrule")[0]
        head, rows = inner.split(r"\midrule")
        heads = _latex_row(head.strip())
        if ", continued." not in body.split(r"\label")[0]:
            found.append(Read([_set(cell) for cell in heads]))
        for line in rows.strip().splitlines():
            found[-1].rows.append([(_set(cell), "") for cell in _latex_row(line)])
    return found


def _latex_row(line: str) -> list[str]:
    assert line.endswith(r" \\")
    return line[: -len(r" \\")].split(" & ")


def _set(cell: str) -> str:
    """As it is printed."""
    cell = re.sub(r"\\textbf\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", cell)
    cell = re.sub(r"\{\\scriptsize (.*)\}$", r"\1", cell)
    for told, letter in (("{[}", "["), ("{]}", "]"), (r"\%", "%"), (r"\_", "_"), (r"\&", "&"), ("--", "\u2013")):
        cell = cell.replace(told, letter)
    return cell.replace("\u2013\u2013", "--")


def _split(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _unescaped(cell: str) -> str:
    return re.sub(r"\\(.)", r"\1", cell)


def _plain(text: str) -> str:
    return " ".join(text.split())
