"""Cross-validation: who is in which fold, what is tried, what is chosen, what is kept."""

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench import config
from bench.defense import Networks
from bench.defenses.external.external import External
from bench.defenses.mixup.variants import MixupLearned
from bench.defenses.no_proxy import NoProxy
from bench.errors import BenchError, DivergedError
from bench.progress import Display
from bench.records.tuning import FoldScore, SettingScores
from bench.registry import Registry
from bench.runner.tuning.folds import folds_of
from bench.runner.tuning.grid import settings_in
from bench.runner.tuning.plan import Plan, TuneRequest
from bench.runner.tuning.score import score_fold
from bench.runner.tuning.tune import chosen_among
from bench.types.scan import Cohort, Scan
from bench.types.training import Trainer
from tests.brought import write_method
from tests.conftest import toy_cohort
from tests.trainers import trainer_in


def _families(cohort: Cohort) -> set[str]:
    return {scan.family for scan in cohort}


@pytest.mark.parametrize("count", [2, 3, 6])
def test_every_family_is_held_out_once_and_never_trains_then(count: int) -> None:
    train = toy_cohort(range(6))
    folds = folds_of(train, count, seed=0)
    assert Counter(scan.name for fold in folds for scan in fold.held_out) == Counter(scan.name for scan in train)
    for fold in folds:
        assert not _families(fold.fit) & _families(fold.held_out)
        assert _families(fold.fit) | _families(fold.held_out) == _families(train)


def test_people_of_one_family_share_a_fold() -> None:
    train = toy_cohort(range(8))
    pairs = {f"person{person:02d}": f"family{person // 2}" for person in range(8)}
    train = train.only(tuple(dataclasses.replace(scan, family=pairs[scan.subject]) for scan in train))
    for fold in folds_of(train, 3, seed=0):
        assert Counter(scan.family for scan in fold.held_out) == Counter(
            {family: 4 for family in _families(fold.held_out)}
        )


def test_folds_differ_by_one_family_at_most_and_do_not_depend_on_the_order_of_scans() -> None:
    train = toy_cohort(range(8))
    folds = folds_of(train, 3, seed=1)
    assert sorted(len(_families(fold.held_out)) for fold in folds) == [2, 3, 3]
    backwards = folds_of(train.only(train.scans[::-1]), 3, seed=1)
    assert [_families(fold.held_out) for fold in folds] == [_families(fold.held_out) for fold in backwards]


@pytest.mark.parametrize(("count", "message"), [(1, "at least 2"), (7, "the training role has 6 families")])
def test_an_impossible_number_of_folds_is_one_line(count: int, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        folds_of(toy_cohort(range(6)), count, seed=0)


def _settings(*grid: str, assignments: tuple[str, ...] = ()) -> list[tuple[dict[str, Any], Any]]:
    return settings_in(MixupLearned, "smoke", grid, [config.Assignment.parse(text) for text in assignments])


def test_the_grid_is_every_combination_over_preset_and_user() -> None:
    found = _settings("learning_rate=1e-4,3e-4", "batch_size=1,2", assignments=("iterations=7",))
    assert [chosen for chosen, _ in found] == [
        {"learning_rate": rate, "batch_size": size} for rate in (1e-4, 3e-4) for size in (1, 2)
    ]
    for chosen, defense in found:
        assert (defense.learning_rate, defense.batch_size) == (chosen["learning_rate"], chosen["batch_size"])
        assert (defense.iterations, defense.patch) == (7, 16)


def test_values_may_be_lists_words_or_single() -> None:
    assert [d.widths for _, d in _settings("widths=[[8,16],[4,8,16]]")] == [(8, 16), (4, 8, 16)]
    assert [d.dice_squared for _, d in _settings("dice_squared=true,false")] == [True, False]
    assert [d.alpha_test for _, d in _settings("alpha_test=uniform,fixed")] == ["uniform", "fixed"]
    assert [d.ref_pool_size for _, d in _settings("ref_pool_size=none,2")] == [None, 2]
    assert [d.patch for _, d in _settings("defense.patch=8")] == [8]


@pytest.mark.parametrize(
    ("grid", "assignments", "message"),
    [
        ((), (), "nothing to tune"),
        (("learning_rate",), (), "--grid 'learning_rate' is not of the form key=value"),
        (("lr=1e-4",), (), "no setting named 'lr' \\(did you mean 'learning_rate'\\?\\)"),
        (("subjects=4",), (), "no setting named 'subjects'"),
        (("data.subjects=4",), (), "only settings of the defense are tuned"),
        (("learning_rate=fast",), (), "learning_rate='fast' does not fit"),
        (("patch=[]",), (), "names no value"),
        (("patch=8", "patch=16"), (), "names patch twice"),
        (("patch=8,8",), (), "names patch=8 twice"),
        (("patch=8",), ("patch=16",), "contradict each other"),
    ],
)
def test_a_bad_grid_is_one_line(grid: tuple[str, ...], assignments: tuple[str, ...], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        _settings(*grid, assignments=assignments)


def test_files_are_not_tuned(tmp_path: Path) -> None:
    """The choice is kept by content, and `--tuned` could not find the file again."""
    places = [str(write_method(tmp_path / name)) for name in ("one", "other")]
    with pytest.raises(BenchError, match="--grid manifest names files, which are not tuned; run each"):
        settings_in(External, "smoke", [f"manifest={','.join(places)}"], [])


def _scores(rate: float, *dice: float | None) -> SettingScores:
    return SettingScores(
        settings={"rate": rate},
        folds=[FoldScore(dice=d, people=2, reason=None if d is not None else "diverged") for d in dice],
    )


def test_the_highest_mean_wins_and_the_first_of_equals() -> None:
    scores = [_scores(1, 0.5, 0.6), _scores(2, 0.7, 0.6), _scores(3, 0.6, 0.7)]
    assert chosen_among(scores).settings == {"rate": 2}
    assert scores[0].mean == pytest.approx(0.55)
    assert scores[0].sd == pytest.approx(0.0707, abs=1e-4)


def test_a_setting_that_diverged_anywhere_is_out() -> None:
    lucky = _scores(1, 0.99, None)
    assert lucky.mean is None
    assert chosen_among([lucky, _scores(2, 0.1, 0.1)]).settings == {"rate": 2}
    with pytest.raises(BenchError, match="no setting of the grid has a score on every fold: diverged"):
        chosen_among([lucky])


def test_a_fold_is_scored_with_references_of_its_training_part_alone(tmp_path: Path) -> None:
    seen: set[str] = set()

    class Watched(MixupLearned):  # type: ignore[misc]
        def draw_key(self, rng: Any, references: tuple[Scan, ...]) -> Any:
            seen.update(scan.subject for scan in references)
            return super().draw_key(rng, references)

    (fold, *_) = folds_of(toy_cohort(range(6)), 3, seed=0)
    defense = config.build(MixupLearned, MixupLearned.presets["smoke"] | {"iterations": 2, "patch": 8})
    watched = Watched(**{field.name: getattr(defense, field.name) for field in dataclasses.fields(defense)})
    score = score_fold(watched, fold, trainer_in(tmp_path), "secret", 2, Display(quiet=True))
    assert score.people == 2
    assert score.dice is not None
    assert 0 <= score.dice <= 1
    assert seen == set(fold.fit.subjects)


def test_a_training_that_diverges_has_no_score(tmp_path: Path) -> None:
    class Diverging(NoProxy):  # type: ignore[misc]
        def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
            raise DivergedError("lower learning_rate")

    (fold, *_) = folds_of(toy_cohort(range(6)), 3, seed=0)
    score = score_fold(Diverging(), fold, trainer_in(tmp_path), "secret", 2, Display(quiet=True))
    assert score.dice is None
    assert score.reason == "lower learning_rate"


def _plan(**changes: Any) -> Plan:
    request = {"defense": "mixup-learned", "data": "phantom", "preset": "smoke", "grid": ("learning_rate=1e-3,3e-3",)}
    return Plan.resolve(TuneRequest(**(request | changes)), Registry())


def test_a_tuning_is_found_by_defense_data_shares_preset_and_seed_but_not_by_its_grid() -> None:
    address = _plan().address
    for same in ({"grid": ("patch=8,16",)}, {"folds": 5}, {"assignments": ("iterations=3",)}, {"command": "again"}):
        assert _plan(**same).address == address
    others = [
        _plan(defense="no-proxy"),
        _plan(preset="quick"),
        _plan(seed=1),
        _plan(assignments=("subjects=30",)),
        _plan(assignments=("shares=0.4,0.2,0.2,0.2",)),
    ]
    assert len({address, *(plan.address for plan in others)}) == 6


def test_settings_that_do_not_enter_training_share_networks() -> None:
    assert len({training for training, _ in _plan().trainings()}) == 6
    shared = list(_plan(grid=("alpha_value=.3,.5,.7",)).trainings())
    assert len({training for training, _ in shared}) == 3
    assert len({score for _, score in shared}) == 9


def test_networks_of_another_number_of_folds_are_others() -> None:
    three, four = ({training for training, _ in _plan(folds=count).trainings()} for count in (3, 4))
    assert not three & four
