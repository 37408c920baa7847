"""LaTeX tables with booktabs, for a paper to take in."""

from collections.abc import Sequence

from bench.leaderboard.numbers import DASH
from bench.leaderboard.plain.tables import PlainTable

LEFT_OUT = frozenset(("union-auc", "paper-auc", "paper-tpr", "oracle-key", "client-ms", "megabytes", "seed", "cell"))
"""Columns that a printed page has no room for; the other formats have them."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # after the end of a row it would open an argument
    "]": "{]}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    DASH: "--",
    "\N{EN DASH}": "--",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{MINUS SIGN}": "$-$",
}
_HEAD = r"""% Tables of a leaderboard. Needs \usepackage{booktabs,graphicx}.
% Best numbers are bold; small print is the 95 % interval.
"""


def latex(tables: Sequence[PlainTable]) -> str:
    """Every table as a `table` environment."""
    return _HEAD + "".join(_table(table, number) for number, table in enumerate(tables, start=1))


def _table(table: PlainTable, number: int) -> str:
    kept = [at for at, key in enumerate(table.keys) if key not in LEFT_OUT]
    heads = [table.heads[at] for at in kept]
    columns = "".join("r" if numeric else "l" for _, numeric in heads)
    lines = [
        "",
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{escaped(table.title)}. {escaped(table.group)}.}}",
        rf"\label{{tab:unveil-{number}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(escaped(title) for title, _ in heads) + r" \\",
        r"\midrule",
    ]
    for place, row in enumerate(table.rows):
        cells = []
        for cell, best in ((row[at], table.best[at]) for at in kept):
            text = rf"\textbf{{{escaped(cell.text)}}}" if place in best else escaped(cell.text)
            cells.append(text + (rf" {{\scriptsize {escaped(cell.detail)}}}" if cell.detail else ""))
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}}", r"\end{table}", ""]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that stays text: no command, and nothing that a plain font cannot set."""
    found = "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))
    return "".join(letter if letter.isascii() else "?" for letter in found)
