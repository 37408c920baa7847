"""Several attacks judge a defense together, and no cell that is not OK makes it look more private."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.leaderboard.build import build, write
from bench.leaderboard.grouping import Group, groups_of
from bench.leaderboard.worst_case.columns import worst_columns
from bench.leaderboard.worst_case.view import worst_notes
from bench.records.claims import CLAIM_NAME, StoredLinkage, write_linkage
from tests.factories import interval, judged_record, seeing
from tests.unit.leaderboard.judging import (
    EVEN,
    EVERYBODY,
    NOBODY,
    ODD,
    PEOPLE,
    Judged,
    judged_in,
    lost,
    rank,
    rows,
    tpr,
)


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return judged_in(tmp_path)


def test_two_attacks_together_find_more_than_either_alone(judged: Judged) -> None:
    row = rows(judged("mixup", "reid-msssim", EVEN), judged("mixup", "siamese", ODD))["mixup"]
    assert tpr(row) == 1
    assert max(tpr(row, "reid-msssim"), tpr(row, "siamese")) < 0.8
    assert row.row.paper == "reid-msssim"


def test_a_blind_attack_never_hides_the_best_single_one(judged: Judged) -> None:
    row = rows(judged("mixup", "siamese", EVEN), judged("mixup", "blind", NOBODY))["mixup"]
    assert row.row.result is not None
    assert row.row.result.best == "siamese"
    assert tpr(row) <= tpr(row, "siamese")
    assert row.row.paper is None


def test_the_worst_case_decides_the_order_of_the_defenses(judged: Judged) -> None:
    cells = (
        judged("split", "a", EVEN, privacy={"scores": {"macro_f1": {"value": _leak(0.1), "chance": 0.04}}}),
        judged("split", "b", ODD, privacy={"scores": {"macro_f1": {"value": _leak(0.1), "chance": 0.04}}}),
        judged("private", "a", NOBODY, privacy={"scores": {"macro_f1": {"value": _leak(0.9), "chance": 0.04}}}),
        judged("private", "b", NOBODY),
    )
    (group,) = groups_of(cells)
    assert [(one.row.defense, rank(one)) for one in group.worst] == [("private", (1, 1)), ("split", (2, 2))]
    assert [entry.defense for entry in group.boards[0].entries] == ["private", "private", "split", "split"]


def test_defenses_that_cannot_be_told_apart_share_their_ranks(judged: Judged) -> None:
    found = rows(*(judged(name, "a", known) for name, known in (("x", EVEN), ("y", EVEN), ("z", EVERYBODY))))
    assert [rank(found[name]) for name in "xyz"] == [(1, 2), (1, 2), (3, 3)]


def test_attackers_above_t2_take_no_part(judged: Judged) -> None:
    cells = judged("mixup", "siamese", EVEN), judged("mixup", "oracle", EVERYBODY, tier=4)
    assert [*rows(*cells)["mixup"].row.entries] == ["siamese"]


def test_the_table_shows_the_range_and_stands_in_the_order_of_what_leaks(judged: Judged) -> None:
    known = {"x": EVEN, "y": EVEN - {"p00"}, "z": EVERYBODY}
    (group,) = groups_of([judged(name, "a", people) for name, people in known.items()])
    (column,) = (one for one in worst_columns(group.worst) if one.key == "rank")
    found = [(one.row.defense, column.cell(one)) for one in group.worst]
    assert [(name, cell.text) for name, cell in found] == [("y", "1 to 2"), ("x", "1 to 2"), ("z", "3")]
    assert found[0][1].order == found[1][1].order < found[2][1].order  # type: ignore[operator]


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_cell_that_is_not_ok_never_improves_a_rank(judged: Judged, tmp_path: Path, status: str) -> None:
    cells = [judged("a", "weak", EVEN), judged("b", "weak", EVEN), judged("b", "strong", ODD)]
    before, after = rows(*cells), rows(*cells, lost(tmp_path, "a", "strong", status))
    assert (rank(before["a"]), before["a"].spared) == ((1, 1), ("strong",))
    assert (rank(after["a"]), after["a"].open_attacks) == (None, ("strong",))
    assert [*after] == ["b", "a"]


def test_an_attack_that_is_valid_nowhere_changes_nothing(judged: Judged, tmp_path: Path) -> None:
    cells = [judged("a", "weak", EVEN), judged("b", "weak", EVERYBODY)]
    found = rows(*cells, lost(tmp_path, "a", "blind", "invalid"), lost(tmp_path, "b", "blind", "invalid"))
    assert [rank(found[name]) for name in "ab"] == [rank(rows(*cells)[name]) for name in "ab"] == [(1, 1), (2, 2)]
    assert [reason for _, reason in found["a"].row.absent] == ["INVALID: broke"]


def test_a_defense_without_any_valid_attack_comes_last_without_a_rank(judged: Judged, tmp_path: Path) -> None:
    found = rows(judged("z", "weak", EVERYBODY), lost(tmp_path, "a", "weak", "failed"))
    assert [*found] == ["z", "a"]
    assert (found["a"].row.result, rank(found["a"]), rank(found["z"])) == (None, None, (1, 1))


@pytest.mark.parametrize("harm", ["missing", "damaged", "other", "link", "unnamed"])
def test_a_linkage_that_cannot_be_read_is_named_and_costs_the_rank(judged: Judged, tmp_path: Path, harm: str) -> None:
    cells = [judged("a", "weak", EVEN), judged("a", "strong", ODD), judged("b", "weak", EVEN)]
    path, record = judged("b", "strong", ODD, privacy={"linkage": None} if harm == "unnamed" else {})
    file = path.parent / CLAIM_NAME
    if harm == "other":
        write_linkage(StoredLinkage(seeing(PEOPLE, NOBODY)[None], PEOPLE), file)
    elif harm == "damaged":
        file.write_bytes(b"PK")
    elif harm != "unnamed":
        file.rename(tmp_path / "elsewhere.npz")
    if harm == "link":
        file.symlink_to(tmp_path / "elsewhere.npz")
    found = rows(*cells, (path, record))["b"]
    words = {
        "missing": "is missing beside the record",
        "damaged": "is damaged",
        "other": "gives AUC",
        "link": "is not a plain .npz file",
        "unnamed": "keeps no linkage file",
    }
    ((entry, reason),) = found.row.absent
    assert words[harm] in reason
    assert str(tmp_path) not in reason
    assert (entry.attack, rank(found)) == ("strong", None)


def test_a_cell_under_fewer_keys_takes_no_part_and_changes_no_other(judged: Judged) -> None:
    cells = [judged("a", name, EVEN) for name in ("one", "two")]
    for path, record in cells:
        scores = seeing(PEOPLE, EVEN, sum(map(ord, record.attack.name)))
        write_linkage(StoredLinkage(np.stack([scores, scores]), PEOPLE), path.parent / CLAIM_NAME)
    alone, joined = rows(*cells)["a"].row, rows(*cells, judged("a", "three", ODD))["a"].row
    assert joined.linkages.keys() == alone.linkages.keys() == {"one", "two"}
    assert {len(linkages) for linkages in joined.linkages.values()} == {2}
    ((entry, reason),) = joined.absent
    assert (entry.attack, reason) == ("three", "scans were sent under 1 set of keys, for other attacks under 2")


def test_files_about_other_people_are_refused_by_the_names_of_both_records(judged: Judged, tmp_path: Path) -> None:
    others = tuple(f"q{name}" for name in PEOPLE)
    path, record = judged_record(tmp_path / "other", others, seeing(others, NOBODY), attack={"name": "siamese"})
    mine = judged("mixup", "weak", EVEN)
    with pytest.raises(BenchError, match="is about other people") as refusal:
        groups_of([mine, (path, record)])
    assert str(path) in str(refusal.value)
    assert str(mine[0]) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files_with_scans_in_another_order_are_not_joined(judged: Judged, tmp_path: Path) -> None:
    turned = PEOPLE[::-1]
    other = judged_record(tmp_path / "turned", turned, seeing(turned, NOBODY), attack={"name": "siamese"})
    with pytest.raises(BenchError, match="holds the scans in another order"):
        groups_of([judged("mixup", "weak", EVEN), other])


def test_a_reconstruction_is_joined_by_whom_it_gives_away(judged: Judged) -> None:
    linkage = judged("mixup", "weak", EVEN)
    images = judged("mixup", "bss", ODD, goal="reconstruction")
    found = rows(linkage, images)["mixup"]
    assert set(found.row.entries) == {"weak", "bss"}
    assert found.row.result is not None
    alone = [found.row.result.attacks[name].auc.value for name in ("weak", "bss")]
    assert found.row.result.union.auc.value > max(alone)


def test_seeds_are_judged_apart_and_the_worst_one_orders_the_defense(judged: Judged) -> None:
    cells = (
        judged("a", "weak", NOBODY),
        judged("a", "weak", EVERYBODY, seed=1),
        judged("b", "weak", EVEN),
        judged("b", "weak", EVEN, seed=1),
    )
    (group,) = groups_of(cells)
    found = [(one.row.seed, one.row.defense, rank(one)) for one in group.worst]
    assert found == [(0, "a", (1, 1)), (0, "b", (2, 2)), (1, "b", (1, 1)), (1, "a", (2, 2))]
    assert [entry.defense for entry in group.boards[0].entries] == ["b", "b", "a", "a"]


def test_too_few_comparisons_for_any_rate_give_no_rank(tmp_path: Path) -> None:
    people = ("p0", "p0", "p1", "p1")
    row = rows(judged_record(tmp_path / "few", people, seeing(people, ("p0",))))["mixup"]
    assert (row.leak, rank(row)) == (None, None)
    assert row.row.result is not None


@pytest.mark.parametrize(
    ("first", "second", "trainings"), [("x", "x", 1), ("x", "y", 2), (None, None, 2), ("x", None, 2)]
)
@pytest.mark.parametrize("code", ["the same", "another"])
def test_attacks_on_other_trainings_are_named(
    judged: Judged, first: str | None, second: str | None, trainings: int, code: str
) -> None:
    """The same weights are the same networks, whatever code made them; old records hold no hash of the weights, and
    there another Dice is another training."""
    cells = [
        judged("mix", attack, EVEN, utility={"dice_average": interval(dice)})
        for attack, dice in (("a", 0.5), ("b", 0.6))
    ]
    records = []
    for (path, record), weights, made in zip(cells, (first, second), ("the same", code), strict=True):
        defense = record.defense.model_copy(update={"training_hash": made, "weights_hash": weights})
        records.append((path, record.model_copy(update={"defense": defense})))
    notes = [note for note in worst_notes([rows(*records)["mix"]]) if "separately trained" in note]
    told = "mix, seed 0: the attacks were run on 2 separately trained networks, with Dice from 0.500 to 0.600."
    assert notes == ([told] if trainings == 2 else [])


def test_the_order_of_the_files_plays_no_part(judged: Judged) -> None:
    cells = judged("a", "x", EVEN), judged("a", "y", ODD), judged("b", "x", EVEN)

    def told(group: Group) -> list[tuple[str, tuple[int, int] | None, float]]:
        return [(one.row.defense, rank(one), tpr(one)) for one in group.worst]

    assert len({str(told(groups_of(some)[0])) for some in [*permutations(cells)][::2]}) == 1


def test_page_and_numbers_carry_the_worst_case(judged: Judged, tmp_path: Path) -> None:
    broken = lost(tmp_path, "mixup", "bss", "timeout")
    page = build([judged("mixup", "reid-msssim", EVEN), judged("mixup", "siamese", ODD), broken], tmp_path / "out")
    assert "mixup, seed 0: bss took no part: TIMEOUT: broke." in page.read_text()
    (row,) = json.loads((tmp_path / "out/leaderboard.json").read_text())["groups"][0]["worst_case_per_defense"]
    assert row["worst"]["tpr_at_10_percent"]["value"] == row["all_together"]["tpr_at_10_percent"]["value"] == 1
    assert row["worst_attack"] is None
    assert (row["paper_attack"], row["attacks"]) == ("reid-msssim", ["reid-msssim", "siamese"])
    assert row["took_no_part"] == [{"attack": "bss", "cell": "mixup-bss", "reason": "TIMEOUT: broke"}]


def test_how_many_people_are_found_at_all_stands_beside_what_guessing_finds(judged: Judged) -> None:
    found = rows(judged("open", "a", EVERYBODY), judged("mix", "a", EVEN))
    strongest = {name: one.strongest for name, one in found.items()}
    assert strongest["open"] is not None
    assert strongest["mix"] is not None
    assert strongest["open"].ever == len(EVERYBODY) == 12
    assert strongest["mix"].ever == sum(share > 0 for share in strongest["mix"].shares.values()) >= len(EVEN)
    assert strongest["mix"].ever < 12
    assert strongest["open"].guessed == pytest.approx(12 * 0.1)  # alike in both directions, one set of keys
    cell = next(column for column in worst_columns(list(found.values())) if column.key == "ever").cell(found["open"])
    assert (cell.text, cell.detail) == ("12 of 12", "guessing 1")


def test_markup_in_names_and_reasons_stays_text_in_the_worst_case(judged: Judged, tmp_path: Path) -> None:
    code = "<img src=x onerror=alert(1)>"
    cells = judged(code, code, EVEN, name="a"), judged("b", "weak", EVEN), lost(tmp_path, code, f"{code}2", "failed")
    page = write(groups_of(cells), tmp_path / "out").read_text()
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def _leak(value: float) -> dict[str, float | int]:
    return {"value": value, "low": value, "high": value, "n": 12}
