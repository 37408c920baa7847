"""What every part of a record is made of. Numbers that cannot be measured are null, never 0."""

import math
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bench.types.estimate import Estimate


def _nan_is_null(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


Number = Annotated[float | None, AfterValidator(_nan_is_null)]


class Part(BaseModel):
    """Base of every part: unknown fields are refused, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(Part):
    """An estimate with its 95 % interval and the number of subjects behind it."""

    value: Number
    low: Number
    high: Number
    n: int = Field(ge=0, description="independent subjects")

    @classmethod
    def of(cls, estimate: Estimate) -> "Interval":
        """The JSON form of an `Estimate`."""
        return cls(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n)

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


NOT_MEASURED = Interval(value=None, low=None, high=None, n=0)
