"""Age and sex as tables spell them.

Source: BIDS 1.9, participants file: `age` in years, and `89+` for whoever is older; `sex` as `male`, `m`, `M`, `MALE`,
`Male`, the like for `female`, and `other` or `o`.
"""

import math
from collections.abc import Mapping

from bench.data.table import MISSING
from bench.types.traits import AGE, SEX, Sex, Traits

OLDEST = 130.0
"""Years; what is older is no age."""
OLDER_THAN_TOLD = "89+"
_SEXES = {"m": Sex.MALE, "male": Sex.MALE, "f": Sex.FEMALE, "female": Sex.FEMALE, "o": None, "other": None}


def traits_in(cells: Mapping[str, str]) -> Traits:
    """The traits in the columns `age` and `sex` of one line; unknown where the column or its cell is empty.

    Raises:
        ValueError: a cell says neither; names it, and what it may say.
    """
    return Traits(_age(cells.get(AGE, "")), _sex(cells.get(SEX, "")))


def _age(cell: str) -> float | None:
    cell = cell.strip()
    if cell in MISSING:
        return None
    if cell == OLDER_THAN_TOLD:
        return 89.0
    try:
        years = float(cell)
    except ValueError:
        years = math.nan
    if not 0 <= years <= OLDEST:
        raise ValueError(f"age {cell!r}; write years as a number from 0 to {OLDEST:g}, {OLDER_THAN_TOLD} or n/a")
    return years


def _sex(cell: str) -> Sex | None:
    cell = cell.strip().casefold()
    if cell in MISSING:
        return None
    if cell not in _SEXES:
        raise ValueError(f"sex {cell!r}; write M, F, O (other) or n/a")
    return _SEXES[cell]
