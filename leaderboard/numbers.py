"""How numbers are written on the page: null is a dash, never 0."""

import math

from bench.records.parts import Interval

DASH = "–"  # noqa: RUF001 (an en dash on purpose: it cannot be mistaken for a minus sign)


def finite(value: float | None) -> float | None:
    """`value`, or None where there is no finite number."""
    return None if value is None or not math.isfinite(value) else value


def fixed(value: float | None, places: int) -> str:
    """`value` with `places` decimals, or a dash."""
    number = finite(value)
    return DASH if number is None else f"{number:.{places}f}"


def milliseconds(seconds: float | None) -> float | None:
    """Seconds as milliseconds."""
    number = finite(seconds)
    return None if number is None else 1000 * number


def megabytes(size: int) -> float:
    """Bytes as megabytes of 10^6 bytes."""
    return size / 1e6


def about(value: float | None) -> str:
    """`value` with three significant digits as far as they lie after the point, or a dash."""
    number = finite(value)
    if number is None:
        return DASH
    whole_digits = len(str(int(abs(number))))
    return f"{number:.{max(0, 3 - whole_digits)}f}"


def bounds(interval: Interval, places: int = 3) -> str:
    """The 95 % interval in brackets with `places` decimals, or nothing where there is none."""
    low, high = finite(interval.low), finite(interval.high)
    if low is None or high is None or finite(interval.value) is None:
        return ""
    return f"[{low:.{places}f}, {high:.{places}f}]"


def from_to(best: int, worst: int) -> str:
    """Whole numbers from the first to the last; spelt out, for a spreadsheet takes `2-5` for a date."""
    return str(best) if best == worst else f"{best} to {worst}"


def percent(share: float | None) -> str:
    """A share as a percentage with two significant digits, or a dash; no line breaks before its sign."""
    number = finite(share)
    if number is None:
        return DASH
    digits = f"{100 * number:.2g}" if abs(number) < 0.995 else f"{100 * number:.0f}"
    return f"{digits}\u00a0%"
