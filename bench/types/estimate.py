"""A number with its uncertainty."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A value with a 95 % interval from `n` independent subjects.

    `low` and `high` are NaN where no interval exists (one subject, or a quantity without sampling error).
    """

    value: float
    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ValueError(f"n must be >= 0, got {self.n}")
        if not math.isnan(self.low) and not math.isnan(self.high) and self.low > self.high:
            raise ValueError(f"interval is upside down: low {self.low} > high {self.high}")

    def __str__(self) -> str:
        if math.isnan(self.low) or math.isnan(self.high):
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"
