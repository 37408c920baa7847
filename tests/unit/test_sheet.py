"""Tables on terminals of any width: nothing is broken, and what is left out is said."""

import io

import pytest
from rich.console import Console

from bench.cli.sheet import Head, Sheet, row_of, sheet_of


def printed(sheet: Sheet, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    sheet.print(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def five_numbers() -> Sheet:
    sheet = sheet_of("Dice of the label maps", "label map", "average", "GM", "WM", "CSF")
    sheet.add_row("decoded", *(f"0.{n}66 [0.{n}00, 0.{n}99]" for n in range(4)), style="bold")
    sheet.add_section()
    sheet.add_row("random-other person", *["0.455 [0.400, 0.500]"] * 4)
    return sheet


@pytest.mark.parametrize("width", range(30, 150, 10))
@pytest.mark.parametrize("plain", [False, True])
def test_names_and_numbers_stay_whole_at_every_width(width: int, plain: bool) -> None:
    sheet = five_numbers()
    sheet.plain = plain
    shown = printed(sheet, width)
    assert {"decoded", "random-other", "0.066", "0.166", "0.266", "0.366", "0.455"} <= set(shown.split())
    assert "…" not in shown
    said = "left out: intervals" in shown
    assert shown.count("[0.400, 0.500]") == (0 if said else 4)


@pytest.mark.parametrize(("width", "rows"), [(140, 1), (100, 2), (70, 1)])
def test_with_less_room_intervals_go_below_and_then_go(width: int, rows: int) -> None:
    lines = printed(five_numbers(), width).splitlines()
    decoded = next(place for place, line in enumerate(lines) if "decoded" in line)
    until = next(place for place, line in enumerate(lines) if place > decoded and set(line) & set("┼├"))
    assert until - decoded == rows


def test_what_is_not_there_is_not_left_out() -> None:
    sheet = Sheet("names", [Head("a-very-long-heading-of-a-column"), Head("and-another-one")])
    sheet.add_row("-")
    shown = printed(sheet, 20)
    assert "left out" not in shown
    assert "a-very-long-heading-of-a-column" in shown


def test_markup_in_fields_and_titles_is_text() -> None:
    sheet = sheet_of("[bold]title", "[red]words")
    sheet.add_row("[link=x]name")
    shown = printed(sheet, 80)
    assert all(text in shown for text in ("[bold]title", "[red]words", "[link=x]name"))


def test_a_range_of_ranks_stays_on_one_line() -> None:
    sheet = Sheet("ranks", [Head("Rank"), Head("Found by", numeric=False)])
    sheet.add_row("10 to 11", "one of many words that wrap before the range of ranks does")
    assert "10 to 11" in printed(sheet, 30)


def test_letters_that_steer_a_terminal_are_not_passed_on() -> None:
    sheet = sheet_of("\x1b]0;\x07t", "words")
    sheet.add_row("\x1b[2Jgone\u202e")
    shown = printed(sheet, 80)
    assert "?]0;?t" in shown
    assert "?[2Jgone?" in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e"}


def test_several_numbers_in_one_field() -> None:
    assert row_of([0.5, None, 0.25]) == "0.500 - 0.250"
