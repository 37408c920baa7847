"""The worst case of a suite: whose scan it is, who was trained on, and how old they are, are three questions."""

import json
from pathlib import Path

import pytest

from bench.cli.report import print_record
from bench.cli.suite import print_suite, suite_as_json
from bench.records.schema import Record
from bench.runner.adaptive import Tried, worst, worst_on_membership, worst_on_traits
from bench.runner.run import Outcome
from tests.factories import interval, make_record
from tests.unit.leaderboard.test_leaderboard_membership import telling
from tests.unit.leaderboard.test_leaderboard_traits import guessing_traits


def _tried(record: Record) -> Tried:
    return Tried(record.attack.name, Outcome(record, Path("runs/record.json"), known=False))


LINKING = _tried(make_record(privacy={"scores": {"map": {"value": interval(0.3), "chance": 0.1}}, "headline": "map"}))
TELLING = _tried(telling("mixup", 0.7))
GUESSING = _tried(guessing_traits("mixup", 0.8))


def test_an_auc_is_no_worse_map() -> None:
    assert worst([LINKING, TELLING]) is LINKING
    assert worst_on_membership([LINKING, TELLING]) is TELLING


def test_who_only_tells_members_leaves_a_defense_unproven() -> None:
    assert worst([TELLING]) is None
    assert worst_on_membership([LINKING]) is None


def test_traits_are_a_question_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    tried = [LINKING, GUESSING, TELLING]
    assert (worst(tried), worst_on_membership(tried), worst_on_traits(tried)) == (LINKING, TELLING, GUESSING)
    assert worst([GUESSING]) is None
    assert worst_on_traits([LINKING, TELLING]) is None
    print_suite("mixup", tried)
    assert "age and sex: segmap-traits, AUC 0.800 [0.780, 0.820] (chance 0.500)" in capsys.readouterr().out
    assert json.loads(suite_as_json("mixup", tried))["worst on traits"] == "segmap-traits"


def test_a_record_about_traits_speaks_of_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    record = guessing_traits("mixup", 0.8)
    reliable = {name: dice for name, dice in record.utility.dice.items() if name in record.utility.stability}
    record = record.model_copy(update={"utility": record.utility.model_copy(update={"dice": reliable})})
    print_record(record, Path("runs/record.json"), known=False)
    said = capsys.readouterr().out
    assert "age: mean error in years (lower is worse)" in said
    assert "AUC of the trait that leaks most, sex" in said
    assert "control, size of every class on" in said
    for other in ("same person", "recognised at FPR", "MS-SSIM"):
        assert other not in said


def test_training_people_are_not_the_test_people() -> None:
    tapping = _tried(make_record(attack={"threat": {"goal": "labels", "phase": "training"}}))
    assert worst([tapping]) is None
    assert worst([tapping, LINKING]) is LINKING


def test_both_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_suite("mixup", [LINKING, TELLING])
    said = capsys.readouterr().out
    assert "worst case of mixup: nearest-neighbor, mAP 0.300" in said
    assert "who was in the training data: membership-lira, AUC 0.700 [0.680, 0.720] (chance 0.500)" in said
    found = json.loads(suite_as_json("mixup", [LINKING, TELLING]))
    assert (found["worst"], found["worst on membership"]) == ("nearest-neighbor", "membership-lira")


def test_a_record_about_membership_speaks_of_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    record = telling("mixup", 0.7)
    reliable = {name: dice for name, dice in record.utility.dice.items() if name in record.utility.stability}
    record = record.model_copy(update={"utility": record.utility.model_copy(update={"dice": reliable})})
    print_record(record, Path("runs/record.json"), known=False)
    said = capsys.readouterr().out
    assert "membership AUC" in said
    assert "control, certainty on do-nothing" in said
    for other in ("same person", "excess over strangers", "MS-SSIM"):
        assert other not in said


def test_an_attack_on_some_people_is_no_worst_case_where_others_saw_all() -> None:
    few = make_record(privacy={"scores": {"map": {"value": interval(0.9, n=4), "chance": 0.1}}, "headline": "map"})
    partial = _tried(few)
    assert worst([partial, LINKING]) is LINKING
    assert worst([partial]) is partial
