"""What is to be tuned on what, and the content addresses of its parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import config, store, versions
from bench.dataset import Dataset
from bench.defense import Defense
from bench.registry import Registry
from bench.runner.cell import TRAINING_CODE, data_parts, identity, require_root
from bench.runner.tuning.folds import require_folds
from bench.runner.tuning.grid import settings_in

_SCORING_CODE = ("bench.metrics", "bench.runner.traffic", "bench.runner.tuning", "bench.runner.utility")


@dataclass(frozen=True, kw_only=True)
class TuneRequest:
    """What a user asks for."""

    defense: str
    data: str
    grid: tuple[str, ...]
    folds: int = 3
    root: Path | None = None
    preset: str = "quick"
    seed: int = 0
    assignments: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()
    device: str = "auto"
    command: str = ""


@dataclass(frozen=True, eq=False)
class Plan:
    """A request with every setting resolved and the dataset's files fingerprinted.

    Attributes:
        settings: what the grid says, with the whole defense, in the order of the grid.
    """

    request: TuneRequest
    settings: tuple[tuple[dict[str, Any], Defense[Any]], ...]
    dataset: Dataset
    evaluation: config.Evaluation
    fingerprint: str

    @classmethod
    def resolve(cls, request: TuneRequest, registry: Registry) -> "Plan":
        """Find the plugins and settle the settings.

        Raises:
            BenchError: something the user must mend.
        """
        require_folds(request.folds)
        defense: type[Any] = registry.find("defenses", request.defense).load()
        classes: dict[str, type[Any]] = {
            "data": registry.find("datasets", request.data).load(),
            "evaluation": config.Evaluation,
        }
        every = [config.Assignment.parse(text) for text in request.assignments]
        owners = [config.owner_of(assignment, {**classes, "defense": defense}) for assignment in every]
        mine = [a for a, owner in zip(every, owners, strict=True) if owner == "defense"]
        settings = settings_in(defense, request.preset, request.grid, mine)
        others = [a for a, owner in zip(every, owners, strict=True) if owner != "defense"]
        resolved = config.resolve(classes, request.preset, others)
        dataset: Dataset = resolved["data"]
        require_root(dataset, request.root)
        fingerprint = dataset.fingerprint(request.root)
        return cls(request, tuple(settings), dataset, resolved["evaluation"], fingerprint)

    @property
    def address(self) -> str:
        """Where the choice is kept, see `tuning_address`."""
        defense = type(self.settings[0][1])
        data = data_parts(self.dataset, self.evaluation, self.fingerprint)
        return tuning_address(defense, data, self.evaluation, self.request.preset, self.request.seed)

    def training_address(self, defense: Defense[Any], fold: int) -> str:
        """Content address of the networks trained without one fold."""
        return store.address(
            {
                "code": versions.code_version(*TRAINING_CODE, "bench.runner.tuning"),
                "family": [
                    defense.family,
                    config.plain_values(defense.training_settings()),
                    versions.plugin_version(type(defense)),
                ],
                "data": data_parts(self.dataset, self.evaluation, self.fingerprint),
                "shares": self.evaluation.shares,
                "precision": self.evaluation.precision,
                "seed": self.request.seed,
                "fold": [fold, self.request.folds],
            }
        )

    def score_address(self, defense: Defense[Any], fold: int) -> str:
        """Content address of one setting's score on one fold."""
        return store.address(
            {
                "training": self.training_address(defense, fold),
                "code": versions.code_version(*_SCORING_CODE),
                "defense": identity(defense),
                "keys": self.evaluation.key_repetitions,
            }
        )

    def trainings(self) -> Iterator[tuple[str, str]]:
        """Address of networks and of score, for every setting and fold; settings that share networks name the same."""
        for _, defense in self.settings:
            for fold in range(self.request.folds):
                yield self.training_address(defense, fold), self.score_address(defense, fold)


def tuning_address(
    defense: type[Defense[Any]], data: dict[str, Any], evaluation: config.Evaluation, preset: str, seed: int
) -> str:
    """What a tuning is found by: defense, data, shares, preset and seed, but not the grid."""
    return store.address(
        {
            "code": versions.code_version(*TRAINING_CODE),
            "defense": [defense.name, versions.plugin_version(defense)],
            "data": data,
            "shares": evaluation.shares,
            "precision": evaluation.precision,
            "preset": preset,
            "seed": seed,
        }
    )
