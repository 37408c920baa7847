"""Running a claimed cell again: what is asked for, when two records agree, and who knows of it."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import config
from bench.errors import BenchError
from bench.leaderboard.build import build
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.provenance import provenance_facts
from bench.leaderboard.submissions.changes import changes, numbers_of
from bench.leaderboard.submissions.compare import compare, differences
from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.validate import Examined, validate
from bench.leaderboard.submissions.verdict import files_beside, judge, keep, place_of, verdict_beside
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME, write_record
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
    assert [one.name for one in compare(claimed, lost) if not one.agrees][-3:] == [
        "AUC, same person or not",
        "TPR at 10\N{NO-BREAK SPACE}% FPR",
        "TPR at 1\N{NO-BREAK SPACE}% FPR",
    ]


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


def claimed_and_found(tmp_path: Path, **changes: Any) -> tuple[Examined, Path, Record]:
    """A bundle, and the run of somebody else: the record's file, and the record."""
    path, record = judged_record(tmp_path / "claimed", PEOPLE, seeing(PEOPLE, set(PEOPLE)))
    path.write_text(record.model_dump_json())
    found = tmp_path / "found"
    shutil.copytree(path.parent, found)
    again = record.model_copy(update={"created": "2030-01-01T00:00:00Z", **changes})
    (found / RECORD_NAME).write_text(again.model_dump_json())
    return validate(pack(path, tmp_path)), found / RECORD_NAME, again


def test_what_was_found_is_kept_and_every_file_of_it_is_watched(tmp_path: Path) -> None:
    examined, path, found = claimed_and_found(tmp_path)
    trusted = [tmp_path / "verified"]
    assert verdict_beside(path, trusted) is None
    files = files_beside(path, found)
    place = place_of(examined, tmp_path / "verified")
    assert keep(judge(examined, found, files), files, place) == place
    assert json.loads((place / RECORD_NAME).read_text())["created"] == "2030-01-01T00:00:00Z"
    assert verdict_beside(place / RECORD_NAME, trusted) is not None
    assert verdict_beside(place / RECORD_NAME, []) is None
    assert verdict_beside(place / RECORD_NAME, [tmp_path / "claimed", tmp_path / "verif"]) is None
    with pytest.raises(BenchError, match="was run again before"):
        place_of(examined, tmp_path / "verified")
    for name in (CLAIM_NAME, RECORD_NAME):
        before = (place / name).read_bytes()
        (place / name).write_bytes(before + b" ")
        assert verdict_beside(place / RECORD_NAME, trusted) is None
        (place / name).write_bytes(before)
    (place / CLAIM_NAME).unlink()
    assert verdict_beside(place / RECORD_NAME, trusted) is None


def test_a_claim_that_does_not_come_out_again_leaves_a_verdict_and_no_record(tmp_path: Path) -> None:
    utility = make_record(utility={"dice_average": interval(0.3)}).utility
    examined, path, found = claimed_and_found(tmp_path, utility=utility)
    files = files_beside(path, found)
    verdict = judge(examined, found, files)
    assert [one.name for one in verdict.comparisons if not one.agrees] == ["Dice, average"]
    kept = keep(verdict, files, place_of(examined, tmp_path / "verified"))
    assert kept.parent.name == "refused"
    assert [path.name for path in (tmp_path / "verified").rglob("*") if path.is_file()] == [kept.name]
    failed = make_record(status="failed", reason="broke")
    assert not judge(examined, failed, {}).verified
    with pytest.raises(BenchError, match="without a record"):
        judge(dataclasses.replace(examined, record=None), found, {})


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["privacy"]["scores"].pop("map"),
        lambda record: record["privacy"].update(headline="map"),
        lambda record: record["privacy"]["scores"]["map"].update(higher_is_worse=False),
        lambda record: record["data"].update(revisits="real"),
        lambda record: record["data"].update(synthetic=True),
    ],
)
def test_what_a_record_is_about_is_no_matter_of_intervals(change: Callable[[dict[str, Any]], None]) -> None:
    found = make_record()
    raw = found.model_dump()
    change(raw)
    assert len(differences(Record.model_validate(raw), found)) == 1


def test_what_was_found_counts_and_not_what_was_claimed(tmp_path: Path) -> None:
    examined, path, found = claimed_and_found(tmp_path)
    files = files_beside(path, found)
    place = keep(judge(examined, found, files), files, place_of(examined, tmp_path / "verified"))
    assert examined.record is not None
    claimed = (tmp_path / "claimed" / RECORD_NAME, examined.record)
    both, trusted = [claimed, (place / RECORD_NAME, found)], [tmp_path / "verified"]
    (group,) = groups_of(both, trusted)
    assert [entry.path for entry in group.entries] == [place / RECORD_NAME]
    page = build(both, tmp_path / "site", trusted).read_text()
    assert "verified" in page
    assert [provenance_facts(entry)[0].value for entry in group.entries] == ["verified"]
    assert [entry.standing for entry in group.entries] == ["verified"]
    (untrusted,) = groups_of(both)
    assert {entry.standing for entry in untrusted.entries} == {"claimed"}
    assert [provenance_facts(entry)[0].value for entry in untrusted.entries][:1] == ["claimed"]


def test_a_bundle_cannot_bring_its_own_verdict(tmp_path: Path) -> None:
    from bench.leaderboard.submissions.bundle import most_bytes
    from bench.records.files import VERIFICATION_NAME

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
    assert lines[1].startswith("  - mixup x gone, seed 0: ok, Dice 0.800, ")
    assert lines[1].endswith(" MB sent, macro_f1 0.300")
    assert lines[2].startswith("  + mixup x strong, seed 0: ok, Dice 0.800, ")
    assert lines[3].startswith("  ~ attacks on mixup, seed 0: worst ")
    assert "gone, weak" in lines[3]
    assert "strong, weak" in lines[3]
    assert len(lines) == 4  # its rank did not move


def test_two_cells_of_one_name_are_both_compared(tmp_path: Path) -> None:
    def numbers(folder: str, *cells: str) -> dict[str, Any]:
        for cell in cells:
            write_record(make_record(cell=cell), tmp_path / folder / cell / "record.json")
        return numbers_of(tmp_path / folder)

    one, two = numbers("one", "aaaaaaaa1"), numbers("two", "aaaaaaaa1", "bbbbbbbb2")
    (_, line) = changes(one, two)
    assert line.startswith("  + mixup x nearest-neighbor, seed 0, cell bbbbbbbb: ok, Dice 0.800")


def test_a_leaderboard_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "leaderboard.json").write_text('{"format_version": 99, "groups": []}')
    with pytest.raises(BenchError, match="has format 99, this version reads"):
        numbers_of(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"groups": []}',
        '{"format_version": 3, "groups": 3}',
        '{"format_version": 3, "groups": [{}]}',
        '{"format_version": 3, "groups": [{"boards": []}]}',
    ],
)
def test_what_is_no_leaderboard_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "leaderboard.json").write_text(content)
    with pytest.raises(BenchError, match=r"is no leaderboard\.json"):
        numbers_of(tmp_path)
    with pytest.raises(BenchError, match="cannot read"):
        numbers_of(tmp_path / "nowhere.json")
