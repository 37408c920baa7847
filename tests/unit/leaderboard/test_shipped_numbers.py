"""The tables in README and docs/results.md say what the records in leaderboard/results say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.leaderboard.build import judge
from bench.leaderboard.export import leaderboard_json
from bench.leaderboard.numbers import from_to
from bench.records.files import find_records, read_record

HOME = Path(__file__).parents[3]
RESULTS = HOME / "leaderboard" / "results"
HEADS = {"bids": "| rank | defense, real scans |", "phantom": "| rank | defense, phantom |"}

if not RESULTS.is_dir():
    pytest.skip("the records lie in the repository, not in the wheel", allow_module_level=True)


def rows_below(text: str, head: str) -> list[list[str]]:
    """Cells of the Markdown table whose first line starts like this."""
    lines = text[text.index(head) :].splitlines()[2:]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines[: next((n for n, line in enumerate(lines) if not line.startswith("|")), len(lines))]
    ]


def written(interval: dict[str, float]) -> str:
    value, low, high = (re.sub(r"^0\.", ".", f"{interval[key]:.3f}") for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


@pytest.mark.slow
def test_the_worst_cases_in_the_docs_are_those_of_the_records() -> None:
    records = [(path, read_record(path)) for path in find_records([RESULTS])]
    text = (HOME / "docs" / "results.md").read_text()
    for group in json.loads(leaderboard_json(judge(records)))["groups"]:
        assert rows_below(text, HEADS[group["data"]]) == [_row(one) for one in group["worst_case_per_defense"]]


def _row(one: dict[str, Any]) -> list[str]:
    by = (
        f"`{one['worst_attack']}`" if one["worst_attack"] else f"all together (best alone `{one['best_attack_alone']}`)"
    )
    never = f" ({len(one['never_run'])} never run)" if one["never_run"] else ""
    return [
        "-" if one["best_rank"] is None else from_to(one["best_rank"], one["worst_rank"]),
        f"`{one['defense']}`",
        written(one["dice_average"]),
        written(one["worst"]["auc"]),
        written(one["worst"]["tpr_at_10_percent"]),
        by,
        f"{len(one['attacks'])}{never}",
    ]


def test_the_first_table_of_the_readme_is_that_of_the_records() -> None:
    text = (HOME / "README.md").read_text()
    shown = rows_below(text, "| defense | Dice [95 % interval] | re-identification mAP by `reid-msssim`")
    assert len(shown) == 5
    for defense, dice, score in shown:
        name = re.findall(r"`([^`]+)`", defense)[0]
        (path,) = (RESULTS / "bids-quick").glob(f"{name}+reid-msssim-s0-*/record.json")
        record = json.loads(path.read_text())
        assert dice == written(record["utility"]["dice_average"])
        assert score == written(record["privacy"]["scores"]["map"]["value"])
