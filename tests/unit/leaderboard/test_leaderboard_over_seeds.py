"""Cells that differ in the seed alone, taken together."""

import json
from pathlib import Path

import pytest

from bench.leaderboard.build import build
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.tables.seeds import SeedsRow, over_seeds
from bench.records.schema import Record
from tests.factories import make_record

PEOPLE = ("s1", "s2", "s3", "s4", "s5", "s6")


def _record(seed: int, dice: float, risk: float, **changes: object) -> Record:
    """Person k is k hundredths better off than the first."""
    return make_record(
        seed=seed,
        cell=f"{seed:016x}",
        utility={
            "dice_per_subject": {name: {"GM": dice + k / 100, "CSF": None} for k, name in enumerate(PEOPLE)},
        },
        privacy={"residual": {"per_subject": {name: risk + k / 100 for k, name in enumerate(PEOPLE)}}},
        **changes,
    )


def _rows(*records: Record) -> list[SeedsRow]:
    (group,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return over_seeds(group.entries)


def test_people_and_seeds_are_averaged() -> None:
    (row,) = _rows(_record(0, 0.70, 0.30), _record(1, 0.80, 0.50), _record(2, 0.75, 0.40))
    assert row.seeds == (0, 1, 2)
    assert row.dice.value == pytest.approx(0.75 + 0.025)
    assert row.leakage.value == pytest.approx(0.40 + 0.025)
    assert row.headline == "macro_f1"
    assert row.dice.n == 6


def test_seeds_that_differ_widen_the_interval() -> None:
    (alike,) = _rows(*(_record(seed, 0.75, 0.4) for seed in range(3)))
    (apart,) = _rows(_record(0, 0.65, 0.4), _record(1, 0.75, 0.4), _record(2, 0.85, 0.4))
    assert alike.dice.value == pytest.approx(apart.dice.value)
    assert _width(apart) > 2 * _width(alike)


def test_one_seed_has_no_row_and_broken_cells_take_no_part() -> None:
    assert _rows(_record(0, 0.7, 0.3)) == []
    broken = make_record(seed=1, status="failed", reason="NaN")
    assert _rows(_record(0, 0.7, 0.3), broken) == []


def test_the_page_and_its_numbers_show_the_table(tmp_path: Path) -> None:
    records = [(tmp_path / str(seed) / "record.json", _record(seed, 0.7, 0.3)) for seed in range(2)]
    page = build(records, tmp_path / "site")
    assert "Over training seeds" in page.read_text()
    (group,) = json.loads((tmp_path / "site" / "leaderboard.json").read_text())["groups"]
    (row,) = group["over_seeds"]
    assert row["seeds"] == [0, 1]
    assert row["dice_average"]["value"] == pytest.approx(0.725)


def _width(row: SeedsRow) -> float:
    assert row.dice.low is not None
    assert row.dice.high is not None
    return row.dice.high - row.dice.low
