"""LaTeX tables with booktabs, for a paper to take in."""

from collections.abc import Sequence

from bench.leaderboard.numbers import DASH
from bench.leaderboard.plain.tables import PlainTable

LEFT_OUT = frozenset(("union-auc", "paper-auc", "paper-tpr", "oracle-key", "attack-s", "seed", "cell", "cost-machine"))
"""Columns that a printed page has no room for; the other formats have them."""
ROWS = 40
"""Rows that fit on a page; a longer table is continued in another one."""

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
    "*": "{*}",  # after the end of a row it would belong to that
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    DASH: "--",
    "\N{EN DASH}": "--",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{MINUS SIGN}": "$-$",
}
_HEAD = r"""% Tables of a leaderboard. Needs \usepackage{booktabs,graphicx}.
% Best numbers are bold; brackets are 95 % intervals. Rows of a worst case go by what recognises most among the valid
% attacks up to T2; guessing has TPR 0.10 at 10 % FPR and AUC 0.5.
"""


def latex(tables: Sequence[PlainTable]) -> str:
    """Every table as a `table` environment, long ones as several."""
    return _HEAD + "".join(
        _table(table, number, first)
        for number, table in enumerate(tables, start=1)
        for first in range(0, max(1, len(table.rows)), ROWS)
    )


def _table(table: PlainTable, number: int, first: int) -> str:
    """The rows from `first` on that one page holds."""
    kept = [at for at, key in enumerate(table.keys) if key not in LEFT_OUT]
    heads = [table.heads[at] for at in kept]
    part = "" if first == 0 else f"-{first // ROWS + 1}"
    title = f"{table.title}, continued" if part else table.title
    columns = "".join("r" if numeric else "l" for _, numeric in heads)
    lines = [
        "",
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{escaped(title)}. {escaped(table.group)}.}}",
        rf"\label{{tab:unveil-{number}{part}}}",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(escaped(title) for title, _ in heads) + r" \\",
        r"\midrule",
    ]
    for place, row in enumerate(table.rows[first : first + ROWS], start=first):
        cells = []
        for cell, best in ((row[at], table.best[at]) for at in kept):
            text = rf"\textbf{{{escaped(cell.text)}}}" if place in best else escaped(cell.text)
            cells.append(text + (rf" {{\scriptsize {escaped(cell.aside)}}}" if cell.detail else ""))
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}}", *_notes(table, first), r"\end{table}", ""]
    return "\n".join(lines)


def _notes(table: PlainTable, first: int) -> list[str]:
    """What a reader must know, below the last rows."""
    if not table.notes or first + ROWS < len(table.rows):
        return []
    return [r"\par\smallskip\raggedright\scriptsize", *(f"{escaped(note)}\\\\" for note in table.notes)]


def escaped(text: str) -> str:
    """Text that stays text: no command, and nothing that a plain font cannot set."""
    found = "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in found)
