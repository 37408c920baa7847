"""Running one cross-validation: what is not there yet, fold by fold, then the choice."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bench import config
from bench.atomic import write_text
from bench.data.cached import load_cached
from bench.data.roles import data_secret, split
from bench.errors import BenchError
from bench.progress import Display
from bench.records.files import made_once
from bench.records.tuning import FoldScore, SettingScores, Tuning
from bench.runner.tuning.folds import folds_of
from bench.runner.tuning.plan import Plan
from bench.runner.tuning.score import score_fold
from bench.store import Store
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer


def run_tuning(plan: Plan, store: Store, display: Display) -> Tuning:
    """Score every setting on every fold of the training role and keep the choice.

    Raises:
        BenchError: something the user must mend, or no setting could be trained.
        InterruptedTraining: stopped from outside; the same call continues.
    """
    request, evaluation = plan.request, plan.evaluation
    fabric = make_fabric(request.device, evaluation.precision)
    display.say(_announcement(plan, store))
    cohort = load_cached(plan.dataset, request.root, evaluation.grid, store.cohorts)
    folds = folds_of(split(cohort, evaluation.shares).train, request.folds, request.seed)
    secret = data_secret(cohort)

    scores = []
    for number, (chosen, defense) in enumerate(plan.settings, start=1):
        found = []
        for index, fold in enumerate(folds):
            place = store.networks(plan.training_address(defense, index))
            trainer = FabricTrainer(fabric, place, (request.seed, "tune", defense.family, index), display)
            path = store.fold_score(plan.score_address(defense, index))
            if not path.exists():
                display.say(f"setting {number} of {len(plan.settings)} ({spelled(chosen)}), fold {index + 1}")
            make = partial(score_fold, defense, fold, trainer, secret, evaluation.key_repetitions, display)
            found.append(made_once(path, FoldScore, make))
        scores.append(SettingScores(settings=chosen, folds=found))

    best = chosen_among(scores)
    everything = config.by_content(plan.settings[0][1])
    tuning = Tuning(
        defense=request.defense,
        data=request.data,
        preset=request.preset,
        seed=request.seed,
        folds=request.folds,
        command=request.command,
        held={key: value for key, value in everything.items() if key not in best.settings},
        scores=scores,
        chosen=best.settings,
    )
    write_text(store.tuning(plan.address), tuning.model_dump_json(indent=2) + "\n")
    return tuning


def chosen_among(scores: list[SettingScores]) -> SettingScores:
    """The setting of the highest mean, the first of equals; one that diverged on any fold is out.

    Raises:
        BenchError: all are out.
    """
    means = {place: scores[place].mean for place in range(len(scores))}
    known = {place: mean for place, mean in means.items() if mean is not None}
    if not known:
        reasons = {fold.reason for setting in scores for fold in setting.folds if fold.reason}
        raise BenchError(f"no setting of the grid has a score on every fold: {'; '.join(sorted(reasons))}")
    return scores[max(known, key=lambda place: (known[place], -place))]


def spelled(settings: Mapping[str, Any]) -> str:
    """Settings as a user would write them."""
    return ", ".join(f"{key}={value}" for key, value in settings.items())


def _announcement(plan: Plan, store: Store) -> str:
    """How much is to be done."""
    networks: dict[str, bool] = {}
    for training, score in plan.trainings():
        networks[training] = networks.get(training, True) and store.fold_score(score).exists()
    done = sum(networks.values())
    rest = f", {done} of them done before" if done else ""
    settings = len(plan.settings)
    return f"{settings} setting{'s' * (settings != 1)} x {plan.request.folds} folds: {len(networks)} trainings{rest}"
