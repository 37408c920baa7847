"""What a reader must know of a group's numbers."""

from pathlib import Path

from bench.leaderboard.caveats import caveats
from bench.leaderboard.grouping import groups_of
from tests.factories import make_record


def _sentences(*codes: tuple[str, str, str | None]) -> list[str]:
    records = [
        make_record(defense={"name": defense}, attack={"name": attack, "code_hash": code}, data={"revisits": "real"})
        for defense, attack, code in codes
    ]
    (group,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return caveats(group)[1:]  # the first is about the preset


def test_attacks_of_several_versions_are_named() -> None:
    said = _sentences(("a", "x", "1"), ("b", "x", "2"), ("a", "y", "1"), ("b", "y", "1"))
    assert said == ["Code changed between cells of x: their numbers may differ by that between defenses."]


def test_one_version_and_records_that_name_none_need_no_word() -> None:
    assert _sentences(("a", "x", "1"), ("b", "x", "1"), ("c", "x", None)) == []
