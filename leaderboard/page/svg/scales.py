"""From data to pixels, with round ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A linear map from `low..high` to the pixels `start..end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def round_step(span: float, count: int) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that cuts `span` > 0 into at most `count` pieces."""
    if span <= 0 or count < 1:
        raise ValueError(f"span and count must be positive, got {span} and {count}")
    power = 10.0 ** math.floor(math.log10(span / count))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if span / (factor * power) <= count + 1e-9)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, at most `count` + 2 of them."""
    step = round_step(high - low, count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def domain(values: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis: 0 to 1 for numbers in that range, else the data's own limits."""
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    return close_domain(values)


def close_domain(values: Sequence[float]) -> tuple[float, float]:
    """Limits close around the data; numbers in [0, 1] stay there.

    Never narrower than 2 % of the largest number: equal values up to rounding are drawn as equal.
    """
    low, high = min(values), max(values)
    narrowest = 0.02 * max(abs(low), abs(high), 1e-6)
    margin = max(0.08 * (high - low), (narrowest - (high - low)) / 2)
    if low >= 0 and high <= 1:
        return max(0.0, low - margin), min(1.0, high + margin)
    return low - margin, high + margin


def tick_text(value: float, step: float) -> str:
    """A tick with as many decimals as its step needs."""
    if max(abs(value), step) >= 1e6 or step < 1e-6:
        return f"{value:.3g}"
    return f"{value:.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"
