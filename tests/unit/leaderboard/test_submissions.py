"""Bundles: made the same way every time, and believed in nothing."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard.submissions.archive import unpacked
from bench.leaderboard.submissions.bundle import MANIFEST_NAME
from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.validate import validate
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME
from tests.unit.leaderboard.bundles import Change, forged, rebuilt, run_in


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_in(tmp_path)


@pytest.fixture
def bundle(run: Path, tmp_path: Path) -> Path:
    return pack(run, tmp_path / "out")


def test_a_bundle_of_an_honest_run_is_fine_and_always_the_same(run: Path, bundle: Path, tmp_path: Path) -> None:
    examined = validate(bundle)
    assert examined.problems == ()
    assert set(examined.files) == {RECORD_NAME, CLAIM_NAME, MANIFEST_NAME}
    assert pack(run.parent, tmp_path / "again").read_bytes() == bundle.read_bytes()


def test_pictures_of_real_scans_stay_where_they_are_unless_they_are_wanted(run: Path, tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"x" * 20
    (run.parent / "steps.png").write_bytes(picture)
    raw = json.loads(run.read_text())
    for synthetic, wanted, expected in (
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ):
        raw["data"]["synthetic"], raw["pictures"] = synthetic, ["steps.png"]
        run.write_text(json.dumps(raw))
        assert ("steps.png" in unpacked(pack(run, tmp_path / "out", pictures=wanted))) is expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(protocol_version="0.1"), "measured under protocol 0.1"),
        (lambda r: r.update(schema_version=9), "has record schema 9"),
        (lambda r: r.update(surprise=1), "does not fit the record schema at surprise"),
        (lambda r: r.update(command="x" * 3000), "command is a text of 3000 characters"),
        (lambda r: r["defense"]["settings"].update({"y" * 3000: 1}), "has 3000 characters"),
        (lambda r: r["data"]["subjects"].update(test=4), "only 4 test people"),
        (lambda r: r["utility"]["dice_average"].update(value=1.2, high=1.3), "outside [0, 1]"),
        (lambda r: r["utility"]["hd95_mm"]["GM"].update(value=-1.0, low=-2.0), "utility.hd95_mm.GM is -1.000"),
        (lambda r: r["utility"]["hd95_mm"]["GM"].update(value=900.0, high=950.0), "utility.hd95_mm.GM is 900.000"),
        (lambda r: r["utility"]["dice_average"].update(value=0.9), "outside its own interval"),
        (lambda r: r["utility"]["dice_average"].update(value=None, low=0.1), "has an interval and no value"),
        (
            lambda r: r["utility"]["dice_average"].update(value=0.9, low=0.85, high=0.95),
            "average Dice is 0.900, the people in the record have 0.700",
        ),
        (lambda r: r["utility"]["dice_average"].update(n=4000), "speaks of 4000 people"),
        (lambda r: r["utility"]["dice"].pop("GM"), "Dice of WM, CSF, the data have GM, WM, CSF"),
        (lambda r: r["cost"].update(client_seconds=-1), "below 0"),
        (lambda r: r["data"].update(spacing_mm=0), "a grid of"),
        (lambda r: r["privacy"]["controls"].pop("atlas"), "controls are missing: atlas"),
        (lambda r: r["attack"]["threat"].update(goal="fame"), "nobody can score the goal fame"),
        (lambda r: r.update(validity=None), "no known-answer checks"),
        (lambda r: next(iter(r["validity"]["leaks"].values())).update(passed=False), "missed a planted leak"),
        (lambda r: r["privacy"].update(linkage=None), "no linkage file"),
        (lambda r: r["privacy"].update(linkage="../../etc/passwd"), "is not in the bundle"),
        (lambda r: r["privacy"]["verification"]["auc"].update(value=0.5, low=0.4, high=0.6), "gives AUC"),
        (lambda r: r["privacy"].update(headline_by_key=[0.01, 0.02]), "under every set of keys average 0.015"),
        (lambda r: r["cost"].update(total_seconds=math.nan), "cost.total_seconds is no number"),
        (lambda r: r.update(cell="another"), "about another cell"),
        (lambda r: _claim(r, "map", 0.2), "map is 0.200, the linkage gives 0."),
        (lambda r: r["privacy"]["scores"]["rank1"].update(chance=0.9), "chance of rank1 is 0.900, the linkage gives"),
        (lambda r: r["privacy"]["scores"]["map"]["value"].update(n=13), "map speaks of 13 people, the linkage of 12"),
        (lambda r: r.update(preset="full"), "preset 'full' is none of smoke, quick, standard, paper"),
        (lambda r: r["data"].update(name="phantom"), "scans of phantom are real; they are made up"),
        (lambda r: r["attack"].update(name="reid-ncc"), "threat card of reid-ncc: tier 0 instead of 1"),
        (lambda r: r.update(created="2999-01-01T00:00:00Z"), "which is still to come"),
        (lambda r: r.update(created="yesterday"), "created 'yesterday' is no date with a time zone"),
        (lambda r: r["defense"].update(parameters_client=-1), "parameters_client is -1, below 0"),
    ],
)
def test_what_is_forged_or_missing_is_said_in_a_line(bundle: Path, change: Change, words: str) -> None:
    problems = validate(forged(bundle, change)).problems
    assert [line for line in problems if words in line], problems
    assert not [line for line in problems if "\n" in line]


def _claim(raw: dict[str, Any], score: str, value: float) -> None:
    raw["privacy"]["scores"][score]["value"].update(value=value, low=value - 0.1, high=value + 0.1)


def test_an_attack_that_is_not_ok_is_no_entry(bundle: Path) -> None:
    def fail(raw: dict[str, Any]) -> None:
        raw.update(status="timeout", reason="too slow", privacy=None)

    assert any("never ranked" in line for line in validate(forged(bundle, fail)).problems)


@pytest.mark.parametrize("name", ['"><img src=x onerror=alert(1)>', "mixup-naive\u200b", "evian-pu\u202exim", "*a"])
def test_a_name_that_no_plugin_can_have_is_noticed(bundle: Path, name: str) -> None:
    """Every page escapes it; but one that looks like another would stand beside it."""
    found = validate(forged(bundle, lambda raw: raw["defense"].update(name=name))).problems
    assert any(line.startswith(f"defense {name!a} is no name") for line in found), found
    assert all(line.isascii() for line in found)


def test_letters_that_nobody_sees_are_noticed(bundle: Path) -> None:
    found = validate(forged(bundle, lambda raw: raw.update(command="bench run \x1b[2Jx"))).problems
    assert "command holds letters that nobody sees" in found
    assert all(line.isprintable() for line in found)


def test_as_many_tables_as_sets_of_keys(bundle: Path) -> None:
    change = lambda raw: raw["privacy"].update(headline_by_key=raw["privacy"]["headline_by_key"] * 2)  # noqa: E731
    (line,) = validate(forged(bundle, change)).problems
    assert line == "2 values under sets of keys, the linkage has 1 tables"


def test_hashes_missing_and_stray_files_are_noticed(bundle: Path) -> None:
    files = unpacked(bundle)
    (line,) = validate(forged(bundle, lambda raw: raw.update(created="2020-01-01T00:00:00Z"), honest=False)).problems
    assert line == f"{RECORD_NAME} is not the file that was packed: its hash differs"
    (line,) = validate(rebuilt(bundle, {**files, "extra.png": b"\x89PNG\r\n\x1a\n"}, honest=False)).problems
    assert line == "extra.png is there and not listed"
    without = {name: content for name, content in files.items() if name != CLAIM_NAME}
    lines = validate(rebuilt(bundle, without, honest=False)).problems
    assert lines[0] == f"{CLAIM_NAME} is listed and missing"
    (line,) = validate(rebuilt(bundle, {MANIFEST_NAME: files[MANIFEST_NAME]})).problems
    assert line.startswith(f"{RECORD_NAME} is missing")
    lines = validate(rebuilt(bundle, {**files, MANIFEST_NAME: b"[]"}, honest=False)).problems
    assert lines[0].startswith(f"{MANIFEST_NAME} is no list of a bundle's files")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["defense"]["settings"].update(deep=json.loads("[" * 60 + "]" * 60)), "nested more than 50 deep"),
        (lambda r: r["defense"].update(name="\ud800"), "half of a character"),
        (lambda r: r["cost"].update(bytes_sent=10**400), "more than 64 bits"),
        (lambda r: r["data"].update(spacing_mm="nan"), "spacing_mm is no number"),
    ],
)
def test_what_no_run_writes_is_refused(bundle: Path, change: Change, words: str) -> None:
    problems = validate(forged(bundle, change)).problems
    assert [line for line in problems if words in line], problems


def test_an_honest_control_may_have_a_psnr_below_0(bundle: Path) -> None:
    def amplify(raw: dict[str, Any]) -> None:
        raw["privacy"]["controls"]["do-nothing"]["scores"]["psnr"] = {"value": 9.2, "low": -0.06, "high": 18.2, "n": 12}

    assert validate(forged(bundle, amplify)).problems == ()


def test_names_in_a_record_choose_no_place_for_its_bundle(run: Path, tmp_path: Path) -> None:
    raw = json.loads(run.read_text())
    raw["defense"]["name"] = "../../else\x00where/x"
    run.write_text(json.dumps(raw))
    assert pack(run, tmp_path / "out").parent == tmp_path / "out"
    raw["privacy"]["linkage"] = "/etc/hostname"
    run.write_text(json.dumps(raw))
    with pytest.raises(BenchError, match=r"a run writes linkage\.npz"):
        pack(run, tmp_path / "out")


def test_a_folder_of_several_runs_is_no_bundle(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "run/other"
    other.mkdir()
    (other / RECORD_NAME).write_bytes(run.read_bytes())
    with pytest.raises(BenchError, match="holds 2 records"):
        pack(tmp_path / "run", tmp_path / "out")
