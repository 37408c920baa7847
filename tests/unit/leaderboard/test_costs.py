"""What a defense costs: the median of what was measured, each measurement once."""

import json
from pathlib import Path
from typing import Any

from bench.leaderboard.build import build
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.tables.costs import CostRow, Spread, cost_columns, costs_of
from bench.leaderboard.tables.table import Cell
from bench.records.schema import Record
from tests.factories import make_record


def _rows(*records: Record) -> list[CostRow]:
    (group,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return costs_of(group.entries, group.defenses)


def _cells(row: CostRow) -> dict[str, Cell]:
    return {column.title: column.cell(row) for column in cost_columns()}


def _measured(seed: int, milliseconds: float | None, **changes: Any) -> Record:
    seconds = None if milliseconds is None else milliseconds / 1000
    return make_record(seed=seed, cell=f"{seed:016x}", cost={"client_seconds": seconds}, **changes)


def test_one_measurement_counts_once_however_many_attacks_met_it() -> None:
    (row,) = _rows(_measured(0, 10.0), _measured(1, 10.0), _measured(2, 10.0), _measured(3, 40.0), _measured(4, 20.0))
    assert row.client_ms == Spread(20.0, 10.0, 40.0)
    assert _cells(row)["Client ms"] == Cell("20.0", "10.0 to 40.0", 20.0)


def test_what_was_never_measured_is_a_dash() -> None:
    (row,) = _rows(_measured(0, None))
    assert row.client_ms == Spread(None, None, None)
    assert _cells(row)["Client ms"].order is None


def test_all_costs_stand_in_units_of_their_heads() -> None:
    (row,) = _rows(make_record(defense={"parameters_client": 1200, "parameters_server": 34_000}))
    shown = {title: cell.text for title, cell in _cells(row).items()}
    assert shown == {
        "Defense": "mixup",
        "Client ms": "42.0",
        "Server ms": "310",
        "MB sent": "22.1",
        "MB received": "66.4",
        "Train s": "140",
        "Client size": "1,200",
        "Server size": "34,000",
        "Measured on": "cpu, x86_64, 2 threads",
    }


def test_machines_are_all_told() -> None:
    (row,) = _rows(_measured(0, 1.0), _measured(1, 2.0, environment={"device": "cuda:0"}))
    assert [machine.split(",")[0] for machine in row.machines] == ["cpu", "cuda:0"]
    assert _cells(row)["Measured on"].detail == "and 1 other"


def test_the_files_hold_them(tmp_path: Path) -> None:
    build([(tmp_path / "record.json", make_record())], tmp_path / "site")
    (group,) = json.loads((tmp_path / "site/leaderboard.json").read_text())["groups"]
    (cost,) = group["cost_per_defense"]
    assert cost["training_s"] == {"median": 140.0, "least": 140.0, "most": 140.0}
    (row,) = group["boards"][0]["rows"]
    assert (row["training_seconds"], row["megabytes_received"], row["attack_seconds"]) == (140.0, 66.3552, 3.2)
    assert "What each defense costs" in (tmp_path / "site/leaderboard.tex").read_text()
