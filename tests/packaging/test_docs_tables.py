"""The tables of README and docs are those of the records."""

from pathlib import Path

import pytest

from bench.records.parts import Interval
from docs.tables.board import MADE_UP, REAL, Board, board_of
from docs.tables.catalog import DOCUMENTS, RECORDS, rendered
from docs.tables.places import filled
from docs.tables.written import plain, table, with_bounds


@pytest.fixture(scope="module")
def board() -> Board:
    return board_of(RECORDS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_document_says_what_the_records_say(document: Path, board: Board) -> None:
    text = document.read_text()
    assert "<!-- table: " in text
    assert rendered(text, board) == text, "run python -m docs.tables"


def test_a_number_of_a_record_stands_where_its_table_says(board: Board) -> None:
    record = board.record(REAL, "mixup-learned", "reid-msssim")
    assert record is not None
    assert record.utility is not None
    row = f"| `mixup-learned` | {with_bounds(record.utility.dice_average)} | "
    assert row in rendered("<!-- table: first look -->\n<!-- end -->", board)


def test_a_cell_that_was_not_run_is_none_of_another_defense(board: Board) -> None:
    assert board.record(MADE_UP, "no-proxy", "known-key") is None


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (0.5, 3, ".500"),
        (-0.25, 2, "-.25"),
        (1.0, 3, "1.000"),
        (22.04, 1, "22.0"),
        (None, 3, "-"),
        (float("nan"), 3, "-"),
    ],
)
def test_numbers_have_no_leading_zero_and_nothing_is_a_dash(value: float | None, places: int, written: str) -> None:
    assert plain(value, places) == written


def test_an_interval_stands_in_brackets() -> None:
    assert with_bounds(Interval(value=0.5, low=0.25, high=1.0, n=3)) == ".500 [.250, 1.000]"
    assert with_bounds(None) == "-"


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_only_what_is_between_the_marks_changes() -> None:
    text = "before\n<!-- table: x -->\nold\n<!-- end -->\nafter"
    once = filled(text, lambda name: f"new {name}")
    assert once == "before\n<!-- table: x -->\n\nnew x\n\n<!-- end -->\nafter"
    assert filled(once, lambda name: f"new {name}") == once


@pytest.mark.parametrize(
    "text",
    ["<!-- table: x -->\n", "<!-- end -->\n", "<!-- table: x -->\n<!-- table: y -->\n<!-- end -->\n<!-- end -->\n"],
)
def test_a_mark_without_its_partner_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="begin"):
        filled(text, str)


def test_a_table_that_there_is_not_is_an_error(board: Board) -> None:
    with pytest.raises(ValueError, match="no table is called 'rivls'"):
        rendered("<!-- table: rivls -->\n<!-- end -->", board)
