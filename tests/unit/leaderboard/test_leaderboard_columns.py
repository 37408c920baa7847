"""What the cells of the table show, and what they sort by."""

from pathlib import Path
from typing import Any

import pytest

from bench.leaderboard.columns import Cell, columns_of
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.numbers import DASH, about, bounds, fixed
from bench.records.schema import Interval
from tests.factories import interval, make_record

NOTHING = Cell(DASH, "", None)


def cells(**changes: Any) -> dict[str, Cell]:
    (group,) = groups_of([(Path("record.json"), make_record(**changes))])
    (board,) = group.boards
    return {column.title: column.cell(board.entries[0]) for column in columns_of(board, group.classes)}


def test_columns_stand_in_the_agreed_order() -> None:
    expected = ["Defense", "Attack", "Tier", "State", "Dice", "macro-F1", "Chance", "rank-1", "GM", "WM", "CSF", "ICC"]
    assert [*cells()] == [*expected, "Client ms", "Server ms", "MB sent", "Queries", "Seed", "Cell"]


def test_numbers_are_shown_with_their_intervals_and_units() -> None:
    found = cells()
    assert found["Dice"] == Cell("0.800", "[0.780, 0.820]", 0.80)
    assert found["macro-F1"] == Cell("0.300", "[0.220, 0.380]", 0.30)
    assert found["Chance"] == Cell("0.040", "", 0.04)
    assert found["rank-1"].text == "0.350"
    assert found["ICC"].text == "0.820"
    assert found["Client ms"].text == "42.0"
    assert found["Client ms"].order == pytest.approx(42.0)
    assert found["Server ms"].text == "310"
    assert found["MB sent"].text == "22.1"
    assert found["Cell"].text == "3f9a0c1d"


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_cell_that_is_not_ok_shows_its_reason_and_no_privacy_score(status: str) -> None:
    found = cells(status=status, reason="too weak")
    assert found["State"] == Cell(status.upper(), "too weak", status.upper())
    assert found["headline score"] == found["Chance"] == NOTHING
    assert "rank-1" not in found
    assert found["Dice"].order == 0.80


def test_null_numbers_are_dashes_without_a_place_in_the_order() -> None:
    found = cells(
        utility={"dice_average": interval(None), "dice": {}, "stability": {}},
        privacy={"scores": {"macro_f1": {"value": interval(None), "chance": None}}},
        cost={"client_seconds": None, "server_seconds": None},
    )
    for title in ("Dice", "macro-F1", "Chance", "GM", "ICC", "Client ms", "Server ms"):
        assert found[title] == NOTHING, title


@pytest.mark.parametrize("spelling", ["rank1", "rank-1", "Rank_1"])
def test_scores_are_found_however_they_are_spelled(spelling: str) -> None:
    one = {"value": interval(0.5), "chance": 0.1}
    found = cells(privacy={"scores": {"macro_f1": one, spelling: one}})
    assert found["rank-1"].order == 0.5


def test_a_headline_is_not_shown_twice() -> None:
    assert [title for title in cells(privacy={"headline": "rank1"}) if title in ("rank-1", "macro-F1")] == [
        "rank-1",
        "macro-F1",
    ]


@pytest.mark.parametrize(("allowed", "used"), [(None, 10), (3, 3), (50, 10)])
def test_queries_used_are_those_allowed_and_sent(allowed: int | None, used: int) -> None:
    assert cells(attack={"threat": {"queries": allowed}})["Queries"].order == used


def test_queries_read_all_where_their_number_is_unknown() -> None:
    assert cells(utility={"dice_by_queries": []})["Queries"] == Cell("all", "", None)


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
