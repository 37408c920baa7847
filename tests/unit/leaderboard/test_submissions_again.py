"""Running a claimed cell again: what is asked for, when two records agree, and who knows of it."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from bench import config
from bench.errors import BenchError
from bench.leaderboard.build import build
from bench.leaderboard.provenance import provenance_facts
from bench.leaderboard.submissions.changes import changes, numbers_of
from bench.leaderboard.submissions.compare import compare, differences
from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.validate import validate
from bench.leaderboard.submissions.verdict import judge, keep, verdict_beside
from bench.records.files import RECORD_NAME
from bench.records.schema import Record
from bench.registry import Registry
from bench.runner.cell import Cell, Request
from bench.runner.rerun import request_of
from tests.factories import interval, judged_record, make_record, seeing

REGISTRY = Registry()
PEOPLE = tuple(f"p{number // 2:02d}" for number in range(24))


def recorded(request: Request) -> tuple[Cell, Record]:
    """A cell, and a record that names its plugins and settings as a run does."""
    cell = Cell.resolve(request, REGISTRY)
    record = make_record(
        defense={"name": cell.defense.name, "settings": config.by_content(cell.defense)},
        attack={"name": cell.attack.name, "settings": config.by_content(cell.attack)},
        data={"name": cell.dataset.name, "settings": config.plain(cell.dataset)},
        settings=config.plain(cell.evaluation),
        preset=request.preset,
        seed=request.seed,
        command="rm -rf /",  # never looked at
    )
    return cell, record


@pytest.mark.parametrize(
    "request_",
    [
        Request(defense="no-proxy", attack="reid-msssim", data="phantom", preset="smoke", seed=3),
        Request(
            defense="mixup-learned-tta",
            attack="bss-edm",
            data="phantom",
            assignments=("queries=3", "defense.widths=4,8", "key_repetitions=1", "subjects=12", "alpha_grid=0.3,0.5"),
        ),
        Request(defense="instahide", attack="reid-siamese", data="phantom", preset="paper"),
    ],
)
def test_a_record_asks_for_the_very_cell_that_it_comes_from(request_: Request) -> None:
    cell, record = recorded(request_)
    again = request_of(record, REGISTRY, root=None, plugins=(), device="cpu", out=Path("again"))
    assert Cell.resolve(again, REGISTRY).address == cell.address
    assert "rm" not in again.command


def test_unknown_plugins_settings_and_files_are_one_line() -> None:
    _, record = recorded(Request(defense="no-proxy", attack="reid-msssim", data="phantom"))

    def ask(**changes: Any) -> Cell:
        raw = record.model_dump()
        for part, values in changes.items():
            raw[part].update(values)
        claimed = Record.model_validate(raw)
        asked = request_of(claimed, REGISTRY, root=None, plugins=(), device="cpu", out=Path("again"))
        return Cell.resolve(asked, REGISTRY)

    with pytest.raises(BenchError, match="stronger"):
        ask(attack={"name": "stronger"})
    with pytest.raises(BenchError, match="no setting named 'sigmas'"):
        ask(attack={"settings": {"sigmas": 1}})
    with pytest.raises(BenchError, match="external reads files"):
        ask(defense={"name": "external", "settings": {}})


def test_two_records_agree_where_each_lies_in_the_others_interval() -> None:
    claimed = make_record()
    assert all(one.agrees for one in compare(claimed, claimed))
    near = make_record(utility={"dice_average": interval(0.815)})  # claimed .80 +- .02
    far = make_record(utility={"dice_average": interval(0.825)})
    sure = make_record(utility={"dice_average": interval(0.815, 0.01)})  # .80 is outside of what was found
    agreeing = [[one.name for one in compare(claimed, other) if not one.agrees] for other in (near, far, sure)]
    assert agreeing == [[], ["Dice, average"], ["Dice, average"]]
    lost = make_record(status="failed", reason="broke")
    assert [one.name for one in compare(claimed, lost) if not one.agrees][-1] == "AUC, same person or not"


def test_other_data_settings_or_cards_are_no_luck() -> None:
    claimed = make_record()
    assert differences(claimed, claimed) == []
    other = make_record(
        data={"data_hash": "e" * 64},
        attack={"settings": {"metric": "ncc"}, "threat": {"tier": 1}},
        settings={"keys": 3},
    )
    assert [line.split(":")[0] for line in differences(claimed, other)] == [
        "another data",
        "another tier of the attack",
        "another threat card",
        "another settings of the attack",
        "another settings of the evaluation",
    ]


def test_a_verdict_is_about_the_bytes_of_one_record(tmp_path: Path) -> None:
    path, record = judged_record(tmp_path / "run", PEOPLE, seeing(PEOPLE, set(PEOPLE)))
    path.write_text(record.model_dump_json())
    assert verdict_beside(path) is None
    examined = validate(pack(path, tmp_path))
    verdict = judge(examined, record)
    assert verdict.verified
    folder = keep(examined, verdict, tmp_path / "kept")
    assert verdict_beside(folder / RECORD_NAME) == verdict
    (folder / RECORD_NAME).write_text(record.model_dump_json(indent=1))
    assert verdict_beside(folder / RECORD_NAME) is None
    moved = dataclasses.replace(examined, record=record)
    failed = make_record(status="failed", reason="broke")
    assert not judge(moved, failed).verified
    with pytest.raises(BenchError, match="without a record"):
        judge(dataclasses.replace(examined, record=None), record)


def test_a_bundle_cannot_bring_its_own_verdict(tmp_path: Path) -> None:
    from bench.leaderboard.submissions.bundle import most_bytes
    from bench.leaderboard.submissions.compare import VERIFICATION_NAME

    assert most_bytes(VERIFICATION_NAME) is None


def _leaderboard(folder: Path, **seeds: int) -> Path:
    for attack, seed in seeds.items():
        path, record = judged_record(
            folder / attack, PEOPLE, seeing(PEOPLE, set(PEOPLE[:12]), seed), attack={"name": attack}
        )
        path.write_text(record.model_dump_json())
    return folder


def test_changes_name_what_came_went_and_moved(tmp_path: Path) -> None:
    old = numbers_of(_leaderboard(tmp_path / "old", weak=0, gone=1))
    new = numbers_of(_leaderboard(tmp_path / "new", weak=0, strong=2))
    assert list(changes(old, old)) == []
    lines = list(changes(old, new))
    assert lines[0].startswith("ixi, quick, real scans")
    assert lines[1] == "  - mixup x gone, seed 0: ok, Dice 0.800, macro_f1 0.300"
    assert lines[2] == "  + mixup x strong, seed 0: ok, Dice 0.800, macro_f1 0.300"
    assert "rank of mixup" in lines[3]
    assert "gone, weak" in lines[3]
    assert "strong, weak" in lines[3]


@pytest.mark.parametrize("content", ["", "[]", '{"groups": 3}', '{"groups": [{}]}', '{"groups": [{"boards": []}]}'])
def test_what_is_no_leaderboard_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "leaderboard.json").write_text(content)
    with pytest.raises(BenchError, match=r"is no leaderboard\.json"):
        numbers_of(tmp_path)
    with pytest.raises(BenchError, match="cannot read"):
        numbers_of(tmp_path / "nowhere.json")


def test_the_page_says_how_a_number_is_known(tmp_path: Path) -> None:
    path, record = judged_record(tmp_path / "run", PEOPLE, seeing(PEOPLE, set(PEOPLE)))
    path.write_text(record.model_dump_json())
    (claimed,) = provenance_facts(path)
    assert claimed.value == "claimed"
    examined = validate(pack(path, tmp_path))
    folder = keep(examined, judge(examined, record), tmp_path / "fine")
    (verified,) = provenance_facts(folder / RECORD_NAME)
    assert verified.value == "verified"
    other = make_record(utility={"dice_average": interval(0.3)}, seed=0)
    folder = keep(examined, judge(examined, other), tmp_path / "bad")
    found = provenance_facts(folder / RECORD_NAME)
    assert found[0].value == "NOT verified"
    assert ("Dice, average", "found 0.300 [0.280, 0.320]") in [(fact.term, fact.detail) for fact in found]
    page = build([(folder / RECORD_NAME, record)], tmp_path / "site").read_text()
    assert "NOT verified" in page
