"""Test-retest reliability: the intraclass correlation of repeated measurements.

Sources: Shrout and Fleiss, "Intraclass correlations", Psychological Bulletin 1979; notation of McGraw and Wong,
"Forming inferences about some intraclass correlation coefficients", Psychological Methods 1996. Computed by pingouin.
"""

import math
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from jaxtyping import Float

FEWEST_TARGETS = 5
"""With fewer targets the interval spans nearly everything and the value means nothing."""


class IccKind(StrEnum):
    """Single-measure intraclass correlations.

    `ONE_WAY`: the repetitions of a target are exchangeable, as with keys drawn afresh for every scan.
    `AGREEMENT`: the same raters, drawn from many, rate every target; a shift between raters counts as error.
    `CONSISTENCY`: the same fixed raters; a shift between them does not count.
    """

    ONE_WAY = "ICC(1,1)"
    AGREEMENT = "ICC(A,1)"
    CONSISTENCY = "ICC(C,1)"


OLDER_NAMES = {IccKind.ONE_WAY: "ICC1", IccKind.AGREEMENT: "ICC2", IccKind.CONSISTENCY: "ICC3"}
"""What pingouin called them before 0.6."""


@dataclass(frozen=True)
class Agreement:
    """An intraclass correlation, at most 1, with its 95 % interval.

    Attributes:
        n: targets it was computed from.
    """

    icc: float
    low: float
    high: float
    n: int
    kind: IccKind


def agreement(ratings: Float[np.ndarray, "target rater"], kind: IccKind = IccKind.ONE_WAY) -> Agreement:
    """How much of the spread of `ratings` lies between targets rather than between repetitions.

    Repetitions that agree on every target give 1 with the interval [1, 1]. All is NaN for fewer than five targets,
    and where every rating is the same number, for there is no spread to divide.

    Raises:
        ValueError: fewer than two raters, or a rating that is not finite; leave out targets that were not measured.
    """
    targets, raters = ratings.shape
    if raters < 2:
        raise ValueError(f"agreement needs at least two ratings a target, got {raters}")
    if not np.isfinite(ratings).all():
        row = int(np.flatnonzero(~np.isfinite(ratings).all(axis=1))[0])
        raise ValueError(f"ratings of target {row} are not finite: {ratings[row].tolist()}")
    if targets < FEWEST_TARGETS or (ratings == ratings[0, 0]).all():
        return Agreement(math.nan, math.nan, math.nan, targets, kind)
    if (ratings == ratings[:, :1]).all():
        return Agreement(1.0, 1.0, 1.0, targets, kind)
    icc, low, high = _pingouin(ratings, kind)
    return Agreement(icc, low, high, targets, kind)


def _pingouin(ratings: Float[np.ndarray, "target rater"], kind: IccKind) -> tuple[float, float, float]:
    import pandas as pd
    import pingouin

    target, rater = np.indices(ratings.shape)
    table = pd.DataFrame({"target": target.ravel(), "rater": rater.ravel(), "rating": ratings.ravel()})
    # Raters who differ by a constant leave no residual, and pingouin divides by it on the way.
    with _unrounded(pingouin.options), np.errstate(divide="ignore", invalid="ignore"):
        result = pingouin.intraclass_corr(data=table, targets="target", raters="rater", ratings="rating")
    return read_icc(result, kind)


def read_icc(table: Any, kind: IccKind) -> tuple[float, float, float]:
    """Value and interval from pingouin's data frame, under its names since 0.6 or before.

    Raises:
        ValueError: the table has neither.
    """
    rows = table.set_index("Type") if "Type" in table.columns else table
    row = next((name for name in (kind.value, OLDER_NAMES[kind]) if name in rows.index), None)
    column = next((name for name in ("CI95", "CI95%") if name in rows.columns), None)
    if row is None or column is None:
        raise ValueError(
            f"cannot read pingouin's table: rows {list(rows.index)}, columns {list(rows.columns)}; "
            f"expected a row {kind.value} or {OLDER_NAMES[kind]} and a column CI95 or CI95%"
        )
    low, high = rows.loc[row, column]
    return float(rows.loc[row, "ICC"]), float(low), float(high)


@contextmanager
def _unrounded(options: MutableMapping[str, Any]) -> Iterator[None]:
    """Keep pingouin from rounding intervals to two decimals, its default, and put its options back."""
    saved = dict(options)
    options.update({"round": None, "round.column.CI95": None, "round.column.CI95%": None})
    try:
        yield
    finally:
        options.clear()
        options.update(saved)
