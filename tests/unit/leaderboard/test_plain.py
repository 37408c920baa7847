"""Markdown, CSV and LaTeX carry the page's numbers, and nothing that a record says becomes markup."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.leaderboard.build import PLAIN, write
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.numbers import DASH
from bench.leaderboard.plain import csv_file, latex, markdown
from bench.leaderboard.plain.tables import PlainTable, plain_tables
from tests.factories import interval
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, Cell, judged_in, lost

EVIL = "<script>|`=1+1` \\input{x} [a](javascript:b) $x$ & % # _ ^ ~"


@pytest.fixture
def cells(tmp_path: Path) -> list[Cell]:
    judged = judged_in(tmp_path)
    return [
        judged("naked", "full", EVERYBODY, utility={"dice_average": interval(0.9)}),
        judged("half", "full", EVEN),
        judged("private", "full", NOBODY),
        judged(EVIL, "full", EVEN, name="evil"),
        lost(tmp_path, "half", "broken", "failed"),
    ]


@pytest.fixture
def tables(cells: list[Cell]) -> list[PlainTable]:
    return plain_tables(groups_of(cells))  # `build` would refuse the evil one


def test_every_table_of_the_page_is_there_with_its_numbers(
    cells: list[Cell], tables: list[PlainTable], tmp_path: Path
) -> None:
    write(groups_of(cells), tmp_path / "site")
    rows = json.loads((tmp_path / "site/leaderboard.json").read_text())["groups"][0]["boards"][0]["rows"]
    lines = list(csv.DictReader(io.StringIO((tmp_path / "site/leaderboard.csv").read_text())))
    of_cells = [line for line in lines if line["Cell"]]
    assert len(of_cells) == len(rows) == 5
    for row, line in zip(rows, of_cells, strict=True):
        assert float(line["Dice"]) == pytest.approx(row["dice_average"]["value"], abs=5e-4)
        assert line["State"] == row["status"].upper()
        if row["status"] == "ok":
            assert float(line["macro-F1"]) == pytest.approx(row["scores"]["macro_f1"]["value"], abs=5e-4)
        else:
            assert (line["macro-F1"], line["State, detail"]) == (DASH, "broke")
    text, tex = ((tmp_path / "site" / name).read_text() for name in ("leaderboard.md", "leaderboard.tex"))
    for table in tables:
        for row_ in table.rows:
            for key, cell in zip(table.keys, row_, strict=True):
                assert markdown.escaped(cell.text) in text
                assert key in latex.LEFT_OUT or latex.escaped(cell.text) in tex
                assert key in latex.LEFT_OUT or latex.escaped(cell.detail) in tex


def test_small_print_cannot_be_taken_for_the_number(tables: list[PlainTable]) -> None:
    text = markdown.markdown(tables)
    assert "FAILED \\(broke\\)" in text
    details = {cell.detail for table in tables for row in table.rows for cell in row if cell.detail}
    assert any(detail.startswith("[") for detail in details)
    assert any(not detail.startswith("[") for detail in details)
    for detail in details:
        shown = detail if detail.startswith("[") else f"({detail})"
        assert f" {markdown.escaped(shown)} |" in text


def test_the_best_number_is_marked_where_best_means_something(tables: list[PlainTable]) -> None:
    worst = tables[0]
    heads = [head for head, _ in worst.heads]
    best = {head: {worst.rows[at][1].text for at in places} for head, places in zip(heads, worst.best, strict=True)}
    assert best["Dice"] == {"naked"}
    assert best["AUC"] == {"private"}
    assert best["Rank"] == best["Defense"] == best["Attacks"] == set()


def test_what_rounds_to_the_same_shares_the_mark(tmp_path: Path) -> None:
    judged = judged_in(tmp_path)
    near = [
        judged(name, "full", EVEN, utility={"dice_average": interval(dice)})
        for name, dice in (("a", 0.8), ("b", 0.8001))
    ]
    table = plain_tables(groups_of(near))[0]
    places = [head for head, _ in table.heads].index("Dice")
    assert table.best[places] == {0, 1}


def test_nothing_that_a_record_says_becomes_markup(tables: list[PlainTable]) -> None:
    text = markdown.markdown(tables)
    assert "<script>" not in text
    assert re.search(r"(?<!\\)\[a", text) is None
    lines = [line for line in text.splitlines() if line.startswith("|")]
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert widths == {len(table.heads) + 1 for table in tables}  # no cell breaks a row
    tex = latex.latex(tables)
    assert r"\input{x}" not in tex
    assert tex.isascii()
    rows = list(csv.reader(io.StringIO(csv_file.csv_text(tables))))
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=cmd()", "'=cmd()"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("-0.25", "-0.25"),
        ("+1", "+1"),
        ("x", "x"),
        (" =1", " '=1"),
        ("x;=1+1", "x;'=1+1"),
        ("x; @y", "x; '@y"),
        ("a\t+b", "a\t'+b"),
        ("\uff1d1", "'\uff1d1"),
        ("a-b", "a-b"),
    ],
)
def test_spreadsheets_compute_nothing(text: str, expected: str) -> None:
    assert csv_file.harmless(text) == expected


def test_a_score_called_like_a_column_takes_no_place(tables: list[PlainTable]) -> None:
    table = replace(tables[-1], heads=(("Dice", True), ("Dice, detail", True), ("group", True), ("Dice", True)))
    table = replace(table, rows=tuple(row[:4] for row in table.rows))
    (names, *_) = csv.reader(io.StringIO(csv_file.csv_text([table])))
    assert [name for name in names if not name.endswith(", detail")] == [
        "group",
        "table",
        "Dice",
        "Dice (detail)",
        "group (3)",
        "Dice (4)",
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("text", "expected"), [("*x", "{*}x"), ("a\x00b\x1b[1m", "a?b?{[}1m"), ("x\x7f", "x?"), ("[3pt]", "{[}3pt{]}")]
)
def test_no_text_ends_a_row_of_tex_in_its_own_way(text: str, expected: str) -> None:
    assert latex.escaped(text) == expected


def test_the_same_records_give_the_same_bytes(cells: list[Cell], tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(groups_of(cells if name == "one" else cells[::-1]), tmp_path / name)
    for name in PLAIN:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_table_longer_than_a_page_is_continued(tables: list[PlainTable]) -> None:
    table = tables[-1]
    rows = (table.rows * latex.ROWS)[: 2 * latex.ROWS + 1]
    text = latex.latex([replace(table, rows=rows)])
    assert text.count(r"\begin{table}") == 3
    assert text.count(", continued.") == 2
    assert [f"tab:unveil-1{part}}}" in text for part in ("", "-2", "-3", "-4")] == [True, True, True, False]
    assert text.count(r" \\") == 3 + len(rows)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex (TeX Live with booktabs and graphicx)")
def test_a_real_tex_sets_the_tables(tables: list[PlainTable], tmp_path: Path) -> None:
    (long,) = (table for table in tables if table.title.startswith("Re-identification"))
    (tmp_path / "tables.tex").write_text(latex.latex([*tables, replace(long, rows=long.rows * latex.ROWS)]))
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}\\input{tables}\\end{document}\n"
    )
    ended = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 1000
    assert "Float too large" not in (tmp_path / "paper.log").read_text()
