"""The sentence above everything else: the defense that leaks least, and whether the order means anything."""

from pathlib import Path

from bench.leaderboard.build import build
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.numbers import percent
from bench.leaderboard.worst_case.verdict import verdict_of
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, Cell, judged_in, rows, tpr


def _verdict(*cells: Cell) -> str:
    (group,) = groups_of(cells)
    return verdict_of(group.worst)


def test_the_defense_that_leaks_least_is_named_with_what_still_leaks(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    cells = [make("naked", "a", EVERYBODY), make("half", "a", EVEN), make("shut", "a", NOBODY)]
    said, told = _verdict(*cells), percent(tpr(rows(*cells)["shut"], "a"))
    assert said.startswith(f"Of 3 defenses the one that leaks least, shut, still lets an attacker recognise {told} of")
    assert "found by a" in said
    assert said.endswith("guessing recognises 10\u00a0%.")


def test_where_nothing_is_told_apart_the_order_is_said_to_mean_nothing(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    said = _verdict(make("one", "a", EVEN), make("two", "a", EVEN))
    assert "people tell no two of them apart: the order below says nothing." in said


def test_of_several_seeds_the_worst_one_counts(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    cells = [make(name, "a", who, seed=seed) for name, who, seed in (("half", EVEN, 0), ("half", EVEN, 1))]
    cells += [make("shut", "a", NOBODY), make("shut", "a", EVERYBODY, seed=1)]
    assert "leaks least, half," in _verdict(*cells)


def test_one_defense_alone_is_compared_with_nothing(tmp_path: Path) -> None:
    assert _verdict(judged_in(tmp_path)("only", "a", EVEN)) == ""


def test_page_and_plain_files_say_it(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    site = build([make("naked", "a", EVERYBODY), make("shut", "a", NOBODY)], tmp_path / "site").parent
    for name in ("index.html", "leaderboard.md", "leaderboard.tex"):
        assert "the one that leaks least, shut," in (site / name).read_text(), name
