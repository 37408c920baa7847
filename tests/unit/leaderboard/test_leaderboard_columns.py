"""What the cells of the table show, and what they sort by."""

from pathlib import Path
from typing import Any

import pytest

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.numbers import DASH, about, bounds, fixed, percent
from bench.leaderboard.tables.cells import columns_of
from bench.leaderboard.tables.table import Cell
from bench.records.parts import Interval
from tests.factories import interval, make_record

NOTHING = Cell(DASH, "", None)
TPR = "TPR at 10\u00a0% FPR"


def cells(**changes: Any) -> dict[str, Cell]:
    (group,) = groups_of([(Path("record.json"), make_record(**changes))])
    (board,) = group.boards
    return {column.title: column.cell(board.entries[0]) for column in columns_of(board)}


def test_columns_stand_in_the_agreed_order() -> None:
    expected = ["Defense", "Attack", "Tier", "State", "Dice", "macro-F1", "Chance", "Do nothing", "Oracle key"]
    assert [*cells()] == [*expected, TPR, "Attack s", "Seed", "Cell"]


def test_numbers_are_shown_with_their_intervals_and_units() -> None:
    found = cells()
    assert found["Dice"] == Cell("0.800", "[0.780, 0.820]", 0.80)
    assert found["macro-F1"] == Cell("0.300", "[0.220, 0.380]", 0.30)
    assert found["Chance"] == Cell("0.040", "", 0.04)
    assert found["Do nothing"] == Cell("0.300", "[0.280, 0.320]", 0.30)
    assert found["Oracle key"].order == 0.99
    assert found[TPR] == Cell("0.550", "[0.530, 0.570]", 0.55)
    assert found["Attack s"].text == "3.20"
    assert found["Cell"].text == "3f9a0c1d"


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_cell_that_is_not_ok_shows_its_reason_and_no_privacy_score(status: str) -> None:
    found = cells(status=status, reason="too weak")
    assert found["State"] == Cell(status.upper(), "too weak", status.upper())
    assert found["headline score"] == found["Chance"] == NOTHING
    assert found["Do nothing"] == found["Oracle key"] == found[TPR] == NOTHING
    assert found["Dice"].order == 0.80


def test_null_numbers_are_dashes_without_a_place_in_the_order() -> None:
    found = cells(
        utility={"dice_average": interval(None), "dice": {}, "stability": {}},
        privacy={"scores": {"macro_f1": {"value": interval(None), "chance": None}}},
        cost={"attack_seconds": None},
    )
    for title in ("Dice", "macro-F1", "Chance", "Attack s"):
        assert found[title] == NOTHING, title


def test_an_unsupported_rate_says_which_is_the_smallest_supported_one() -> None:
    points = [{"fpr": 0.1, "tpr": None}]
    found = cells(privacy={"verification": {"operating_points": points, "smallest_fpr": 0.15}})
    assert found[TPR] == Cell(DASH, "from 15\u00a0% FPR", None)


def test_a_control_that_was_not_measured_is_a_dash() -> None:
    assert cells(privacy={"controls": {}})["Do nothing"] == NOTHING


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.1, "10\u00a0%"), (0.001, "0.1\u00a0%"), (0.0238, "2.4\u00a0%"), (1.0, "100\u00a0%"), (None, DASH)],
)
def test_shares_read_as_percentages(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.00"), (0.1234, "0.12"), (4.2, "4.20"), (42.0, "42.0"), (4200.0, "4200"), (None, DASH)]
)
def test_about_keeps_three_digits(value: float | None, text: str) -> None:
    assert about(value) == text


def test_infinite_numbers_are_dashes() -> None:
    assert fixed(float("inf"), 3) == fixed(float("nan"), 3) == DASH


def test_an_interval_without_value_or_bounds_is_not_shown() -> None:
    assert bounds(Interval(value=0.5, low=None, high=0.6, n=3)) == ""
    assert bounds(Interval(value=None, low=0.4, high=0.6, n=3)) == ""
    assert bounds(Interval(value=0.5, low=0.4, high=0.6, n=3)) == "[0.400, 0.600]"
