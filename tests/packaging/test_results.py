"""The records that the project publishes itself."""

import json
from pathlib import Path

import pytest

from bench.leaderboard.build import build
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.submissions.problems import problems_of
from bench.leaderboard.submissions.recount.linkage import recount
from bench.leaderboard.worst_case.linkages import linkage_beside
from bench.records.files import find_records, read_record
from bench.records.schema import Status

HOME = Path(__file__).parents[2] / "leaderboard"
RESULTS = HOME / "results"
RECORDS = find_records([RESULTS])


def test_there_are_real_and_made_up_cohorts_and_several_attacks_on_each() -> None:
    attacks: dict[str, set[str]] = {}
    for path in RECORDS:
        record = read_record(path)
        attacks.setdefault(record.data.name, set()).add(record.attack.name)
    assert set(attacks) == {"phantom", "prepared"}
    assert all(len(names) >= 5 for names in attacks.values())


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_a_record_is_of_this_protocol_and_holds_what_it_was_scored_on(path: Path) -> None:
    record = read_record(path)
    assert record.preset == "quick"
    assert list(problems_of(record)) == []
    if record.status is Status.OK and record.privacy is not None and record.privacy.linkage is not None:
        linkage_beside(path, record.privacy.linkage, record.privacy.verification.auc.value)


@pytest.mark.parametrize("path", RECORDS[::5], ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_what_follows_from_its_linkage_comes_out_again(path: Path) -> None:
    record = read_record(path)
    privacy = record.privacy
    if privacy is not None and privacy.linkage is not None:
        assert list(recount(record, linkage_beside(path, privacy.linkage, privacy.auc))) == []


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_no_picture_shows_a_real_head(path: Path) -> None:
    pictures = [found.name for found in path.parent.glob("*.png")]
    assert not pictures or read_record(path).data.synthetic


def test_the_records_are_of_one_cohort_each_and_say_which_weights_they_met() -> None:
    groups = groups_of([(path, read_record(path)) for path in RECORDS])
    cohorts = [group.key.data for group in groups]
    assert len(cohorts) == len(set(cohorts))
    assert all(entry.record.defense.weights_hash for group in groups for entry in group.entries)


def test_the_page_is_built_from_them(tmp_path: Path) -> None:
    page = build([(path, read_record(path)) for path in RECORDS], tmp_path)
    groups = json.loads((tmp_path / "leaderboard.json").read_text())["groups"]
    assert {group["data"] for group in groups} == {"phantom", "prepared"}
    for group in groups:
        assert len(group["worst_case_per_defense"]) == 11
        assert all(row["never_run"] == [] for row in group["worst_case_per_defense"])
    assert page.stat().st_size < 50_000_000
