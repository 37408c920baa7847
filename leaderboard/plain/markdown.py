"""Markdown tables, as GitHub and Pandoc read them."""

from collections.abc import Sequence

from bench.leaderboard.plain.tables import PlainTable

HEAD = (
    "Brackets are 95 % intervals: of mAP and rank-1 for other people and other keys, of all else for other people; the",
    "best numbers are bold, also where ranks overlap. A worst case goes by what recognises most",
    "among the valid attacks up to T2, one alone or all together; its rank is the range that these people leave open,",
    "and says nothing of attacks never run. Guessing has AUC 0.5, and TPR 0.1 at 10 % FPR.",
)
_SPECIAL = "\\`*_{}[]<>()#+!|~$&@"


def markdown(tables: Sequence[PlainTable]) -> str:
    """All tables, each below a heading of its group; the best numbers are bold."""
    lines, group = ["# Leaderboard", "", *HEAD, ""], None
    for table in tables:
        if table.group != group:
            group = table.group
            lines += [f"## {escaped(group)}", ""]
        lines += [f"### {escaped(table.title)}", ""]
        lines.append("| " + " | ".join(escaped(title) for title, _ in table.heads) + " |")
        lines.append("|" + "|".join("---:" if numeric else "---" for _, numeric in table.heads) + "|")
        for place, row in enumerate(table.rows):
            shown = []
            for cell, best in zip(row, table.best, strict=True):
                text = f"**{escaped(cell.text)}**" if place in best else escaped(cell.text)
                shown.append(f"{text} {escaped(cell.aside)}".strip())
            lines.append("| " + " | ".join(shown) + " |")
        lines.append("")
        lines += [f"- {escaped(note)}" for note in table.notes]
        lines += [""] if table.notes else []
    return "\n".join(lines).rstrip() + "\n"


def escaped(text: str) -> str:
    """Text that stays text: no link, picture, HTML, emphasis or new cell comes out of it."""
    line = " ".join(text.split())
    found = "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in line)
    return found.replace("://", "\\://").replace("www.", "www\\.")
