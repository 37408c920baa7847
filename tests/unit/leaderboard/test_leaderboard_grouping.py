"""Which records share a table, and in which order they stand."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from bench.leaderboard.grouping import Group, groups_of
from bench.leaderboard.ranking import worst_cases
from bench.leaderboard.variants import variant_names
from bench.records.schema import Record
from tests.factories import interval, make_record


def grouped(*records: Record) -> list[Group]:
    return groups_of([(Path(f"runs/{number}/record.json"), record) for number, record in enumerate(records)])


def leaking(value: float | None, defense: str = "mixup", tier: int = 0, **changes: Any) -> Record:
    return make_record(
        defense={"name": defense},
        attack={"threat": {"tier": tier}},
        privacy={"scores": {"macro_f1": {"value": interval(value), "chance": 0.04}}},
        **changes,
    )


def order(*records: Record) -> list[tuple[str, float | None]]:
    (board,) = grouped(*records)[0].boards
    return [(entry.defense, entry.leakage) for entry in board.entries]


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"name": "ppmi"}},
        {"data": {"data_hash": "other"}},
        {"data": {"split_hash": "other"}},
        {"data": {"synthetic": True}},
        {"data": {"revisits": "real"}},
        {"preset": "paper"},
        {"protocol_version": "0.0"},
    ],
    ids=lambda changes: str(changes),
)
def test_a_difference_in_data_or_protocol_separates_groups(changes: dict[str, Any]) -> None:
    assert len(grouped(make_record(), make_record(**changes))) == 2


def test_defense_attack_seed_and_cost_do_not_separate_groups() -> None:
    others = make_record(defense={"name": "identity"}), make_record(attack={"name": "siamese"}), make_record(seed=1)
    assert len(grouped(make_record(), *others)) == 1


def test_made_up_anatomy_comes_after_real_scans_and_says_so() -> None:
    real, synthetic = grouped(make_record(data={"name": "a", "synthetic": True}), make_record(data={"name": "z"}))
    assert real.key.origin == "real scans, simulated second visits"
    assert synthetic.key.origin == "made-up anatomy: difficulty is a dial, not evidence about patients"


def test_attacks_with_different_goals_or_headlines_get_their_own_boards() -> None:
    other_goal = make_record(attack={"name": "bss", "threat": {"goal": "reconstruction"}})
    other_score = make_record(attack={"name": "siamese"}, privacy={"headline": "rank1"})
    (group,) = grouped(make_record(), other_goal, other_score)
    found = [(board.goal, board.headline) for board in group.boards]
    assert found == [("linkage", "macro_f1"), ("linkage", "rank1"), ("reconstruction", "macro_f1")]


def test_a_failed_cell_stands_on_the_board_of_the_same_attack() -> None:
    siamese = make_record(attack={"name": "siamese"}, privacy={"headline": "rank1"})
    failed = make_record(attack={"name": "siamese"}, seed=1, status="failed", reason="NaN")
    (group,) = grouped(make_record(), siamese, failed)
    assert [len(board.entries) for board in group.boards] == [1, 2]


def test_a_group_of_failed_cells_has_a_board_without_headline() -> None:
    (group,) = grouped(make_record(status="failed", reason="NaN"))
    assert group.boards[0].headline is None


def test_a_record_given_twice_counts_once() -> None:
    (group,) = grouped(make_record(), make_record(), make_record(seed=1))
    assert [entry.record.seed for entry in group.boards[0].entries] == [0, 1]


def test_defenses_stand_by_their_worst_attack_most_private_first() -> None:
    records = leaking(0.1, "a"), leaking(0.9, "a", tier=2), leaking(0.5, "b"), leaking(0.2, "c")
    assert order(*records) == [("c", 0.2), ("b", 0.5), ("a", 0.9), ("a", 0.1)]


def test_attackers_above_t2_never_decide_the_order() -> None:
    records = leaking(0.1, "a"), leaking(1.0, "a", tier=4), leaking(0.9, "a", tier=3), leaking(0.5, "b")
    assert order(*records) == [("a", 0.1), ("a", 1.0), ("a", 0.9), ("b", 0.5)]


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_cell_that_is_not_ok_comes_last(status: str) -> None:
    records = leaking(0.0, "a", status=status, reason="r"), leaking(0.99, "b")
    assert order(*records) == [("b", 0.99), ("a", None)]


def test_a_null_score_comes_last() -> None:
    assert order(leaking(None, "a"), leaking(0.99, "b")) == [("b", 0.99), ("a", None)]


def test_scores_where_lower_is_worse_are_turned_round() -> None:
    def spared(value: float, defense: str) -> Record:
        score = {"value": interval(value), "chance": 0.9, "higher_is_worse": False}
        return make_record(defense={"name": defense}, privacy={"scores": {"macro_f1": score}})

    assert order(spared(0.1, "leaks"), spared(0.8, "hides")) == [("hides", -0.8), ("leaks", -0.1)]


def test_the_worst_case_of_a_defense_is_its_strongest_ranked_cell() -> None:
    (board,) = grouped(leaking(0.1, seed=0), leaking(0.4, seed=1), leaking(1.0, tier=4))[0].boards
    assert worst_cases(board.entries)["mixup"].leakage == 0.4


def test_the_order_of_the_files_plays_no_part() -> None:
    records = leaking(0.3, "a"), leaking(0.3, "b"), leaking(0.3, "a", seed=1), leaking(0.3, "a", created="2026-02-02")
    places = {
        tuple((entry.defense, entry.record.seed, entry.record.created) for entry in grouped(*some)[0].boards[0].entries)
        for some in permutations(records)
    }
    assert len(places) == 1


def test_settings_are_named_only_where_they_differ() -> None:
    methods = [("mixup", {"k": 1, "alpha": 0.5}), ("mixup", {"k": 10, "alpha": 0.5}), ("identity", {})]
    assert variant_names(methods) == ["mixup k=1", "mixup k=10", "identity"]


def test_a_setting_that_some_records_lack_is_named_where_it_is() -> None:
    assert variant_names([("mixup", {"k": [1, 2]}), ("mixup", {})]) == ["mixup k=[1, 2]", "mixup"]
