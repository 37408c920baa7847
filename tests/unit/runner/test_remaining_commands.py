"""The command that runs further attacks against the defense of a record."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from bench import config
from bench.errors import BenchError
from bench.records.schema import Record
from bench.registry import Registry
from bench.runner.remaining import command_for
from tests.factories import make_record


def of_noise(**changes: Any) -> Record:
    evaluation = config.plain(config.resolve({"evaluation": config.Evaluation}, "quick", [])["evaluation"])
    usual: dict[str, Any] = {"settings": evaluation, "data": {"name": "phantom", "settings": {}}}
    return make_record(**usual | {"defense": {"name": "noise", "settings": {"sigma": 0.3}}} | changes)


def test_only_what_differs_from_the_preset_is_spelled_out() -> None:
    words = shlex.split(command_for(of_noise(seed=3), ["reid-ncc", "tta-mean"], Registry()))
    expected = "bench run noise adaptive --only reid-ncc,tta-mean --data phantom --preset quick --seed 3"
    assert words == [*expected.split(), "--set", "defense.sigma=0.3"]


def test_settings_of_data_and_evaluation_come_along() -> None:
    record = of_noise(data={"name": "phantom", "settings": {"subjects": 31}})
    record = record.model_copy(update={"settings": record.settings | {"key_repetitions": 1}})
    words = shlex.split(command_for(record, ["reid-ncc"], Registry()))
    assert {"data.subjects=31", "evaluation.key_repetitions=1"} <= set(words)


def test_the_folder_of_the_data_is_named_or_asked_for() -> None:
    record = of_noise(data={"name": "bids", "settings": {}})
    assert "--root DIR " in command_for(record, ["reid-ncc"], Registry())
    assert "--root '/some where' " in command_for(record, ["reid-ncc"], Registry(), root=Path("/some where"))


def test_tuned_settings_are_left_to_the_tuning() -> None:
    tuned = {
        "chosen": {"sigma": 0.3},
        "overruled": [],
        "dice": 0.8,
        "folds": 3,
        "tuning_hash": "0" * 16,
        "command": "bench tune noise",
    }
    record = of_noise(defense={"name": "noise", "settings": {"sigma": 0.3}, "tuned": tuned})
    words = shlex.split(command_for(record, ["reid-ncc"], Registry()))
    assert words[-1] == "--tuned"
    assert "--set" not in words


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"defense": {"name": "noisy", "settings": {}}}, "no defense named 'noisy'"),
        ({"defense": {"name": "external", "settings": {}}}, "external reads files that the record does not hold"),
        ({"defense": {"name": "noise", "settings": {"$(id)": 1}}}, "no setting named '$(id)'"),
        ({"preset": "; id"}, "no preset named '; id'"),
        ({"defense": {"name": "noise", "settings": {"sigma": "`id`"}}}, "does not fit"),
    ],
)
def test_what_is_unknown_here_is_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(BenchError) as refused:
        command_for(of_noise(**changes), ["reid-ncc"], Registry())
    assert line in str(refused.value)
