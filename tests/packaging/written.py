"""The tables of README and docs/results.md, as they are written there and as records would have them written."""

import re
from pathlib import Path
from typing import Any

from bench.leaderboard.numbers import from_to

HOME = Path(__file__).parents[2]
WORST_CASES = {"bids": "| rank | defense, real scans |", "phantom": "| rank | defense, phantom |"}
FIRST_TABLE = "| defense | Dice [95 % interval] | re-identification mAP by `reid-msssim`"


def worst_cases_written(data: str) -> list[list[str]]:
    """The rows of docs/results.md."""
    return _rows((HOME / "docs" / "results.md").read_text(), WORST_CASES[data])


def readme_rows() -> list[list[str]]:
    """Defense without its remarks, Dice, and mAP."""
    rows = _rows((HOME / "README.md").read_text(), FIRST_TABLE)
    return [[re.findall(r"`([^`]+)`", defense)[0], *numbers] for defense, *numbers in rows]


def as_written(one: dict[str, Any]) -> list[str]:
    """A worst case of `leaderboard.json` as a row of docs/results.md."""
    together = f"all together (best alone `{one['best_attack_alone']}`)"
    never = f" ({len(one['never_run'])} never run)" if one["never_run"] else ""
    return [
        "-" if one["best_rank"] is None else from_to(one["best_rank"], one["worst_rank"]),
        f"`{one['defense']}`",
        number(one["dice_average"]),
        number(one["worst"]["auc"]),
        number(one["worst"]["tpr_at_10_percent"]),
        f"`{one['worst_attack']}`" if one["worst_attack"] else together,
        f"{len(one['attacks'])}{never}",
    ]


def number(interval: dict[str, float]) -> str:
    """Value and interval without leading zeros."""
    value, low, high = (re.sub(r"^0\.", ".", f"{interval[key]:.3f}") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _rows(text: str, head: str) -> list[list[str]]:
    """Cells of the Markdown table whose first line starts like this."""
    lines = text[text.index(head) :].splitlines()[2:]
    end = next((place for place, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]
