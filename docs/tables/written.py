"""How the documents write numbers and tables: no leading zeros, `value [low, high]`, Markdown."""

import re
from collections.abc import Iterable, Sequence

from bench.leaderboard.numbers import finite
from bench.records.parts import Interval

NONE = "-"


def plain(value: float | None, places: int = 3) -> str:
    """One number, or a dash."""
    known = finite(value)
    return NONE if known is None else re.sub(r"^(-?)0\.", r"\1.", f"{known:.{places}f}")


def with_bounds(interval: Interval | None, places: int = 3) -> str:
    """A number and its 95 % interval, or a dash."""
    if interval is None or finite(interval.value) is None:
        return NONE
    value, low, high = (plain(number, places) for number in (interval.value, interval.low, interval.high))
    return f"{value} [{low}, {high}]"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
