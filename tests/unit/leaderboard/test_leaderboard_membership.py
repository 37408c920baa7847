"""Membership on the page: a board of its own, no part in the worst case, and nothing about pairs of scans."""

import json
from pathlib import Path

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.facts import check_facts
from bench.leaderboard.page.rows import group_views
from bench.leaderboard.plain.json_file import leaderboard_json
from bench.records.privacy import Validity
from bench.records.schema import Record
from tests.factories import interval, make_record


def _linking(defense: str, leak: float) -> Record:
    scores = {"map": {"value": interval(leak), "chance": 0.1}}
    return make_record(
        defense={"name": defense}, cell=f"linkage-{defense}", privacy={"scores": scores, "headline": "map"}
    )


def telling(defense: str, auc: float) -> Record:
    """A cell of an attack on membership."""
    return make_record(
        cell=f"membership-{defense}",
        defense={"name": defense},
        attack={
            "name": "membership-lira",
            "threat": {"goal": "membership", "tier": 2, "knows": ["training"], "owns": ["candidates"], "observes": []},
        },
        privacy={
            "scores": {
                "auc": {"value": interval(auc), "chance": 0.5},
                "advantage": {"value": interval(2 * auc - 1), "chance": 0.0},
            },
            "headline": "auc",
            "controls": {"do-nothing": {"meaning": "certainty", "scores": {"auc": interval(0.52)}}},
            "residual": None,
            "confound": None,
            "by_queries": None,
            "by_dial": None,
        },
    )


def _paths(records: list[Record]) -> list[tuple[Path, Record]]:
    return [(Path(f"runs/{number}/record.json"), record) for number, record in enumerate(records)]


RECORDS = _paths([_linking("mixup", 0.2), _linking("naked", 0.9), telling("mixup", 0.7), telling("naked", 0.55)])


def test_it_has_a_board_of_its_own_in_its_own_order() -> None:
    (group,) = groups_of(RECORDS)
    boards = {board.goal: board for board in group.boards}
    assert {board.headline for board in group.boards} == {"map", "auc"}
    assert [entry.defense for entry in boards["linkage"].entries] == ["mixup", "naked"]
    assert [entry.defense for entry in boards["membership"].entries] == ["naked", "mixup"]  # the less told, the better


def test_below_a_guess_there_is_only_luck() -> None:
    told = {"unlucky": 0.18, "even": 0.5, "lucky": 0.3, "told": 0.7}
    (group,) = groups_of(_paths([telling(defense, auc) for defense, auc in told.items()]))
    (board,) = group.boards
    assert [entry.defense for entry in board.entries] == ["even", "lucky", "unlucky", "told"]  # equals by name


def test_it_takes_no_part_in_the_worst_case() -> None:
    (group,) = groups_of(RECORDS)
    assert {name for one in group.worst for name in one.row.entries} <= {"nearest-neighbor"}
    assert all(entry.attack == "nearest-neighbor" for one in group.worst for entry, _ in one.row.absent)
    (alone,) = groups_of(_paths([telling("mixup", 0.7)]))
    assert alone.worst == ()


def test_the_page_speaks_of_people_trained_on_and_of_no_pairs() -> None:
    (view,) = group_views(groups_of(RECORDS))
    board = next(board for board in view.boards if board.goal.startswith("Membership"))
    titles = [column.title for column in board.columns]
    assert "Oracle key" not in titles
    assert "Do nothing" in titles
    facts = {title: facts for title, facts in board.rows[0].facts}
    assert "Residual risk" not in facts
    told = {fact.term: fact.value for fact in facts["Trained on or not?"]}
    assert told["People asked about"] == "24 trained on, 528 not"
    card = dict(board.rows[0].card)
    assert card["Knows"] == "the code that trained the server"
    assert card["Owns"] == "scans of the people it asks about"


def test_the_numbers_of_the_page_say_that_there_is_no_residual_risk() -> None:
    found = json.loads(leaderboard_json(groups_of(RECORDS)))
    rows = [row for board in found["groups"][0]["boards"] if board["goal"] == "membership" for row in board["rows"]]
    assert [row["residual"] for row in rows] == [None, None]
    assert [row["scores"]["auc"]["chance"] for row in rows] == [0.5, 0.5]


def test_known_answers_say_what_was_there_to_find() -> None:
    score = {"value": interval(0.5), "chance": 0.5}
    leaks = {name: {"passed": True, "score": score, "reason": None} for name in ("by-heart", "never-seen")}
    missed = {name: {**leak, "passed": False, "reason": "so"} for name, leak in leaks.items()}
    for checks, words in ((leaks, ["found", "nothing found"]), (missed, ["missed", "found something"])):
        assert [fact.value for fact in check_facts(Validity.model_validate({"leaks": checks}))] == words


def test_labels_of_training_people_stand_apart_from_those_of_test_people() -> None:
    def decoding(phase: str) -> Record:
        threat = {"goal": "labels", "tier": 1, "phase": phase}
        attack = {"name": f"decode-{phase}", "threat": threat}
        return make_record(cell=phase, attack=attack)

    (group,) = groups_of(_paths([decoding("inference"), decoding("training")]))
    assert [(board.goal, board.phase) for board in group.boards] == [("labels", "inference"), ("labels", "training")]
    assert [entry.attack for one in group.worst for entry, _ in one.row.absent] == ["decode-inference"]
    (view,) = group_views([group])
    assert [board.goal for board in view.boards] == [
        "Label recovery: learn the segmentation",
        "Label recovery: learn the segmentation, of people trained on",
    ]
