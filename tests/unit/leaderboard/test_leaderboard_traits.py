"""Traits on the page: a board of their own, no part in the worst case, and nothing about pairs of scans."""

import json
from pathlib import Path

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.facts import check_facts
from bench.leaderboard.page.rows import group_views
from bench.leaderboard.plain.json_file import leaderboard_json
from bench.leaderboard.plain.tables import SMALLER_IS_BETTER
from bench.leaderboard.submissions.problems import problems_of
from bench.leaderboard.submissions.ranges import impossible
from bench.records.privacy import Validity
from bench.records.schema import Record
from tests.factories import interval, make_record


def guessing_traits(defense: str, auc: float) -> Record:
    """A cell of an attack on traits."""
    return make_record(
        cell=f"traits-{defense}",
        defense={"name": defense},
        attack={
            "name": "segmap-traits",
            "threat": {"goal": "attribute", "tier": 1, "observes": ["replies"], "owns": ["auxiliary"]},
        },
        privacy={
            "scores": {
                "worst_trait": {"value": interval(auc), "chance": 0.5},
                "age_concordance": {"value": interval(0.55), "chance": 0.5},
                "age_error_years": {
                    "value": {"value": 14.0, "low": 12.0, "high": 16.0, "n": 20},
                    "chance": 17.5,
                    "higher_is_worse": False,
                },
                "sex_auc": {"value": interval(auc), "chance": 0.5},
            },
            "headline": "worst_trait",
            "headline_by_key": [auc],
            "controls": {"oracle-key": {"meaning": "volumes", "scores": {"worst_trait": interval(0.95)}}},
            "verification": None,
            "residual": None,
            "confound": None,
            "by_queries": None,
            "by_dial": None,
            "linkage": None,
            "details": {"trait that leaks most": "sex"},
        },
    )


def _paths(records: list[Record]) -> list[tuple[Path, Record]]:
    return [(Path(f"runs/{number}/record.json"), record) for number, record in enumerate(records)]


RECORDS = _paths([make_record(cell="linkage"), guessing_traits("mixup", 0.8), guessing_traits("naked", 0.6)])


def test_they_have_a_board_of_their_own_in_its_own_order() -> None:
    (group,) = groups_of(RECORDS)
    board = next(board for board in group.boards if board.goal == "attribute")
    assert board.headline == "worst_trait"
    assert [entry.defense for entry in board.entries] == ["naked", "mixup"]  # the less told, the better
    assert "headline" in SMALLER_IS_BETTER


def test_they_take_no_part_in_the_worst_case() -> None:
    (alone,) = groups_of(_paths([guessing_traits("mixup", 0.8)]))
    assert alone.worst == ()


def test_the_page_speaks_of_traits_and_of_no_pairs() -> None:
    (view,) = group_views(groups_of(RECORDS))
    board = next(board for board in view.boards if board.goal == "Attribute inference: learn a trait of the patient")
    titles = [column.title for column in board.columns]
    assert "AUC of the trait that leaks most" in titles
    assert "Oracle key" in titles
    assert not any(title.startswith("TPR") for title in titles)
    facts = {title: facts for title, facts in board.rows[0].facts}
    assert "Verification: one person or two?" not in facts
    told = {fact.term: (fact.value, fact.detail) for fact in facts["Trait by trait"]}
    assert told["sex: AUC"][0] == "0.600"
    assert told["age: mean error in years (lower is worse)"] == ("14.000", "[12.000, 16.000] 17.500 is a guess")


def test_the_numbers_of_the_page_say_that_nobody_is_verified() -> None:
    found = json.loads(leaderboard_json(groups_of(RECORDS)))
    rows = [row for board in found["groups"][0]["boards"] if board["goal"] == "attribute" for row in board["rows"]]
    assert [row["verification"] for row in rows] == [None, None]
    assert [row["scores"]["age_error_years"]["chance"] for row in rows] == [17.5, 17.5]


def test_years_are_no_impossible_score_and_no_linkage_is_missed() -> None:
    record = guessing_traits("mixup", 0.8)
    assert list(impossible(record)) == []
    assert not any("linkage" in line or "controls" in line or "goal" in line for line in problems_of(record))


def test_the_known_answer_without_an_answer_is_nothing_found() -> None:
    score = {"value": interval(0.5), "chance": 0.5}
    checks = Validity.model_validate({"leaks": {"one-brain": {"passed": True, "score": score, "reason": None}}})
    assert [(fact.value, fact.meaning) for fact in check_facts(checks)] == [
        ("nothing found", "one stranger's scan for everyone")
    ]
