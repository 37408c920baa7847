"""The parts of a record that say what was run on what."""

from typing import Any

from torch import nn

from bench import config
from bench.data.roles import data_hash, split_hash
from bench.defense import Brought, Defense, Networks
from bench.records.entries import AttackEntry, DataEntry, DefenseEntry, OriginEntry, ThreatCard
from bench.records.tuning import TunedEntry
from bench.runner.attack.confinement import Confinement
from bench.runner.cell import Cell, tuning_hash
from bench.types.scan import Cohort, Revisits, Roles
from bench.versions import plugin_version


def defense_entry(cell: Cell, networks: Networks, weights: str) -> DefenseEntry:
    """Which defense, and what training it took; `weights` is the hash of what it ended with."""
    defense, history = cell.defense, networks.history
    return DefenseEntry(
        name=defense.name,
        summary=defense.summary,
        source=defense.source,
        settings=config.by_content(defense),
        parameters_client=_parameters(networks.client),
        parameters_server=_parameters(networks.server),
        iterations=history.steps[-1] if history.steps else 0,
        training_hash=cell.training_address,
        weights_hash=weights,
        loss={name: list(means) for name, means in history.terms.items()},
        loss_steps=history.steps,
        tuned=_tuned(cell),
        trained_elsewhere=_origin(defense),
    )


def _tuned(cell: Cell) -> TunedEntry | None:
    tuning = cell.request.tuning
    if tuning is None:
        return None
    settings = config.by_content(cell.defense)
    return TunedEntry(
        chosen=tuning.chosen,
        overruled=[key for key, value in tuning.chosen.items() if settings[key] != value],
        dice=next(scores.mean for scores in tuning.scores if scores.settings == tuning.chosen),
        folds=tuning.folds,
        tuning_hash=tuning_hash(tuning),
        command=tuning.command,
    )


def _origin(defense: Defense[Any]) -> OriginEntry | None:
    return OriginEntry(**vars(defense.origin())) if isinstance(defense, Brought) else None


def attack_entry(cell: Cell, held: Confinement) -> AttackEntry:
    """Which attack, with its card, and how it was held to it."""
    attack = cell.attack
    return AttackEntry(
        name=attack.name,
        summary=attack.summary,
        source=attack.source,
        settings=config.by_content(attack),
        threat=ThreatCard.of(attack.goal, attack.threat),
        isolation=held.label,
        timeout_seconds=held.timeout,
        code_hash=plugin_version(type(attack)),
    )


def data_entry(cell: Cell, cohort: Cohort, roles: Roles) -> DataEntry:
    """Which scans, and how they were split."""
    return DataEntry(
        name=cohort.name,
        settings=config.plain(cell.dataset),
        data_hash=data_hash(cohort),
        split_hash=split_hash(roles),
        classes=list(cohort.classes),
        spacing_mm=cohort.spacing_mm,
        shape=list(cohort.shape),
        synthetic=cohort.synthetic,
        revisits=cohort.revisits.value,
        subjects={name: len(role.subjects) for name, role in roles.items()},
        scans={name: len(role) for name, role in roles.items()},
        notes=list(cohort.notes),
    )


def warnings_about(cell: Cell, cohort: Cohort, roles: Roles) -> list[str]:
    """What a reader must not overlook."""
    return [*_about_the_data(cohort), *_about_the_defense(cell), *_about_the_people(roles)]


def _about_the_data(cohort: Cohort) -> list[str]:
    if cohort.synthetic:
        return ["synthetic anatomy: difficulty here is a dial, not evidence about patients"]
    if cohort.revisits is Revisits.SIMULATED:
        return ["both visits of a person are made from one scan: recognition is usually easier than with real ones"]
    return []


def _about_the_defense(cell: Cell) -> list[str]:
    found = []
    if isinstance(cell.defense, Brought):
        found.append(
            f"{cell.defense.origin().method} was trained elsewhere: the people tested here may have been in its "
            "training data, which flatters its utility and may change what leaks"
        )
    if cell.request.tuning is not None:
        settings, held = config.by_content(cell.defense), cell.request.tuning.held
        others = [f"{key}={held[key]} (here {settings[key]})" for key in held if held[key] != settings[key]]
        if others:
            found.append(f"tuned with {', '.join(others)}: the choice may not be the best one here")
    return found


def _about_the_people(roles: Roles) -> list[str]:
    people = len(roles.test.subjects)
    if people < 20:
        return [f"only {people} test people: intervals are wide, and small differences mean nothing"]
    return []


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
