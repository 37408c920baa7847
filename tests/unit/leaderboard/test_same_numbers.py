"""Page, CSV, Markdown and LaTeX are read back and hold the same cells, table by table."""

from pathlib import Path

import pytest

from bench.leaderboard.build import build
from bench.leaderboard.plain.latex import LEFT_OUT
from bench.records.schema import Record
from tests.factories import make_record
from tests.gallery import gallery
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, ODD, judged_in, lost
from tests.unit.leaderboard.reading import csv_tables, latex_tables, markdown_tables, page_tables


def _judged(folder: Path) -> list[tuple[Path, Record]]:
    judged = judged_in(folder)
    cells = [
        judged("naked", "full", EVERYBODY),
        judged("half", "full", EVEN),
        judged("half", "full", ODD, seed=1),
        judged("private", "full", NOBODY, tier=2),
        judged("private", "key", EVERYBODY, tier=4),
    ]
    return [*cells, lost(folder, "half", "broken", "failed")]


def _many(folder: Path) -> list[tuple[Path, Record]]:
    """More cells than fit on a printed page."""
    return [
        (folder / str(number), make_record(seed=number // 9, defense={"name": f"d{number % 9}"}, cell=f"{number:016x}"))
        for number in range(54)
    ]


def _gallery(_: Path) -> list[tuple[Path, Record]]:
    return gallery()


MADE = {"gallery": _gallery, "judged": _judged, "many": _many}


@pytest.fixture(params=MADE)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return build(MADE[request.param](tmp_path), tmp_path / "site").parent


def test_all_forms_hold_the_same_cells(site: Path) -> None:
    page = page_tables((site / "index.html").read_text())
    spreadsheet = csv_tables((site / "leaderboard.csv").read_text())
    markdown = markdown_tables((site / "leaderboard.md").read_text())
    paper = latex_tables((site / "leaderboard.tex").read_text())
    assert len(page) == len(spreadsheet) == len(markdown) == len(paper) > 1
    fields = 0
    for shown, line, text, tex in zip(page, spreadsheet, markdown, paper, strict=True):
        assert sorted(line.heads) == sorted(shown.heads)
        places = [line.heads.index(head) for head in shown.heads]  # one order for the columns of all tables
        assert [[row[place] for place in places] for row in line.rows] == shown.rows
        assert text.heads == shown.heads
        assert [[cell for cell, _ in row] for row in text.rows] == [
            [_joined(*cell) for cell in row] for row in shown.rows
        ]
        kept = [shown.heads.index(head) for head in tex.heads]
        assert len(kept) >= len(shown.heads) - len(LEFT_OUT)
        assert [[cell for cell, _ in row] for row in tex.rows] == [
            [_joined(*row[place]) for place in kept] for row in shown.rows
        ]
        fields += sum(map(len, shown.rows))
    assert fields > 50


def _joined(text: str, small: str) -> str:
    aside = small if not small or small.startswith("[") else f"({small})"
    return f"{text} {aside}".strip()
