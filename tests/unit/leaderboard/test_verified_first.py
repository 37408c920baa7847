"""What was run again outweighs what is claimed, however it is claimed and however often."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.leaderboard import grouping
from bench.leaderboard.build import judge
from bench.leaderboard.submissions.compare import Verdict
from bench.leaderboard.worst_case.columns import worst_columns
from bench.records.claims import CLAIM_NAME, StoredLinkage, read_linkage, write_linkage
from tests.factories import interval, judged_record, make_record, seeing
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, ODD, PEOPLE, Cell, judged_in, rows, tpr

VERDICT = Verdict(
    cell="x",
    claimed_sha256="0" * 64,
    files={},
    verified=True,
    differences=[],
    comparisons=[],
    environment=make_record().environment,
)


@pytest.fixture(autouse=True)
def _run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records below a folder of this name count as run again."""
    monkeypatch.setattr(grouping, "verdict_beside", lambda path, _: VERDICT if "verified" in path.parts else None)


def _often(cell: Cell, times: int) -> Cell:
    file = cell[0].parent / CLAIM_NAME
    stored = read_linkage(file)
    write_linkage(StoredLinkage(np.repeat(stored.scores, times, axis=0), stored.people), file)
    return cell


def test_claims_under_more_sets_of_keys_do_not_throw_out_what_was_run_again(tmp_path: Path) -> None:
    again = judged_in(tmp_path / "verified")("naked", "reid", EVERYBODY)
    claimed = [judged_in(tmp_path)("naked", f"weak-{number}", NOBODY) for number in range(3)]
    only = rows(again)["naked"]
    assert tpr(rows(again, *(_often(cell, 4) for cell in claimed))["naked"]) == tpr(only) == 1


def test_a_claim_under_another_address_does_not_stand_beside_the_same_cell_run_again(tmp_path: Path) -> None:
    again = judged_in(tmp_path / "verified")("hidden", "reid", NOBODY)
    claimed = judged_in(tmp_path)("hidden", "reid", EVERYBODY, name="deadbeef")
    assert claimed[1].cell != again[1].cell
    assert tpr(rows(again, claimed)["hidden"]) == tpr(rows(again)["hidden"]) < 1
    other = judged_in(tmp_path)("hidden", "reid", EVERYBODY, name="other-seed", seed=1)
    assert len(grouping.groups_of([again, other])[0].entries) == 2


def test_a_claim_with_other_spellings_of_the_same_settings_gives_way(tmp_path: Path) -> None:
    settings = {"alpha": 0.0, "queries": 3}

    def with_settings(cell: Cell, settings: dict[str, object]) -> Cell:
        defense = cell[1].defense.model_copy(update={"settings": settings})
        return cell[0], cell[1].model_copy(update={"defense": defense})

    again = with_settings(judged_in(tmp_path / "verified")("hidden", "reid", NOBODY), settings)
    for name, claimed in {
        "int": {"alpha": 0, "queries": 3},
        "dropped": {"queries": 3},
        "invented": {**settings, "luck": 1},
        "other": {"alpha": 0.5, "queries": 3},
    }.items():
        cell = with_settings(judged_in(tmp_path)("hidden", "reid", NOBODY, name=name), claimed)
        (group,) = grouping.groups_of([again, cell])
        assert len(group.entries) == (2 if name == "other" else 1)


def test_what_was_run_again_decides_between_equals_and_says_what_the_defense_costs(tmp_path: Path) -> None:
    again = judged_in(tmp_path / "verified")("naked", "strong", EVERYBODY, tier=1)
    forged = judged_in(tmp_path)("naked", "same", EVERYBODY, utility={"dice_average": interval(0.99)})
    one = rows(again, forged)["naked"]
    assert one.strongest is not None
    assert one.strongest.attack == "strong"
    weak = judged_in(tmp_path / "verified")("naked", "weak", NOBODY)
    stronger = rows(weak, forged)["naked"]
    assert stronger.strongest is not None
    assert stronger.strongest.attack == "same"
    assert stronger.example.record.utility.dice_average.value == interval(0.80).value
    assert stronger.example.verified


def test_the_worst_case_says_whether_what_decides_it_was_run_again(tmp_path: Path) -> None:
    again, claimed = judged_in(tmp_path / "verified"), judged_in(tmp_path)

    def said(*cells: Cell) -> str:
        found = list(rows(*cells).values())
        (by,) = (column for column in worst_columns(found) if column.key == "worst-by")
        return by.cell(found[0]).detail

    strong, weak = again("naked", "strong", EVERYBODY), again("naked", "weak", NOBODY)
    assert said(strong, weak) == said(strong, claimed("naked", "weak", NOBODY)) == "verified"
    assert said(claimed("naked", "strong", EVERYBODY), weak) == ""
    assert said(again("naked", "even", EVEN), again("naked", "odd", ODD)).endswith(", verified")
    assert not said(again("naked", "even", EVEN), claimed("naked", "odd", ODD)).endswith("verified")


def test_the_line_names_the_one_that_is_about_other_people(tmp_path: Path) -> None:
    strangers = tuple(f"q{name}" for name in PEOPLE)
    honest = [judged_in(tmp_path)("naked", f"reid-{number}", EVERYBODY) for number in range(2)]
    forged = [
        judged_record(tmp_path / name, strangers, seeing(strangers, NOBODY), attack={"name": name}) for name in "xyz"
    ]
    with pytest.raises(BenchError, match="than 2 of 3 about the same data, such as") as refusal:
        judge([*honest, forged[0]])
    assert f"the linkage file beside {forged[0][0]} is about other people" in str(refusal.value)
    again = judged_in(tmp_path / "verified")("naked", "reid", EVERYBODY)  # outvoted, but run again
    with pytest.raises(BenchError, match="than 1 of 4 about the same data") as refusal:
        judge([again, *forged])
    assert f"such as the one beside {again[0]}" in str(refusal.value)
    with pytest.raises(BenchError, match="nothing says which is right"):
        judge([honest[0], forged[0]])


@pytest.mark.parametrize(
    "data",
    [
        {"subjects": {"test": 5000}},
        {"shape": [512, 512, 512]},
        {"spacing_mm": 0.5},
        {"classes": ["background", "GM", "WM", "CSF", "Tumour"]},
    ],
)
def test_one_record_cannot_say_something_else_of_everybodys_scans(tmp_path: Path, data: dict[str, object]) -> None:
    honest = judged_in(tmp_path)("honest", "reid", NOBODY)
    forged = judged_in(tmp_path)("forged", "reid", NOBODY, data=data)
    with pytest.raises(BenchError, match="are of the same scans, and say different things"):
        judge([honest, forged])


def test_a_setting_that_is_no_number_is_one_line(tmp_path: Path) -> None:
    path, record = judged_in(tmp_path)("odd", "reid", NOBODY)
    odd = record.model_copy(update={"settings": {"x": [float("nan")]}})
    with pytest.raises(BenchError, match=r"record\.json is no record of a measurement: settings\.x\[0\] is no number"):
        judge([(path, odd)])


def test_a_linkage_that_would_not_fit_into_memory_is_not_read(tmp_path: Path) -> None:
    cell = _often(judged_in(tmp_path)("large", "reid", EVERYBODY), 65)
    (one,) = rows(cell).values()
    assert "damaged or too large" in str(one.row.absent)
