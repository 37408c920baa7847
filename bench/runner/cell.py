"""One cell of the benchmark: what is to be run, resolved, and its content addresses."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import config, store, versions
from bench.attack import Attack
from bench.dataset import Dataset
from bench.defense import Defense
from bench.errors import BenchError
from bench.plugin import Plugin
from bench.records.schema import PROTOCOL_VERSION
from bench.records.tuning import Tuning
from bench.registry import Registry

TRAINING_CODE = ("bench.data", "bench.models", "bench.trainer", "bench.types", "bench.seeds")
_MEASURING_CODE = ("bench.metrics", "bench.runner", "bench.view")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a user asks for.

    Attributes:
        isolate, attack_timeout: how the attack is held; neither changes what an attack that ends in time claims.
        tuning: whose choice the defense's settings are, as far as `assignments` do not say otherwise.
    """

    defense: str
    attack: str
    data: str
    root: Path | None = None
    preset: str = "quick"
    seed: int = 0
    assignments: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()
    device: str = "auto"
    out: Path = field(default_factory=lambda: Path("runs"))
    command: str = ""
    isolate: bool = False
    attack_timeout: float | None = None
    tuning: Tuning | None = None


@dataclass(frozen=True, eq=False)
class Cell:
    """A request with every setting resolved and the dataset's files fingerprinted."""

    request: Request
    defense: Defense[Any]
    attack: Attack
    dataset: Dataset
    evaluation: config.Evaluation
    fingerprint: str

    @classmethod
    def resolve(cls, request: Request, registry: Registry) -> "Cell":
        """Find the plugins and settle the settings.

        Raises:
            BenchError: something the user must mend.
        """
        classes: dict[str, type[Any]] = {
            "data": registry.find("datasets", request.data).load(),
            "defense": registry.find("defenses", request.defense).load(),
            "attack": registry.find("attacks", request.attack).load(),
            "evaluation": config.Evaluation,
        }
        tuned = request.tuning.chosen if request.tuning is not None else {}
        assignments = [config.Assignment("defense", key, json.dumps(value)) for key, value in tuned.items()]
        assignments += [config.Assignment.parse(text) for text in request.assignments]
        settings = config.resolve(classes, request.preset, assignments)
        dataset: Dataset = settings["data"]
        require_root(dataset, request.root)
        cell = cls(
            request,
            settings["defense"],
            settings["attack"],
            dataset,
            settings["evaluation"],
            dataset.fingerprint(request.root),
        )
        _ = cell.address  # of the code as it is now: whoever edits it while this runs changes no name and no claim
        return cell

    @cached_property
    def address(self) -> str:
        """Content address of the cell's results; the device and the place of the files do not enter."""
        return store.address(
            {
                "protocol": PROTOCOL_VERSION,
                "code": versions.code_version(*TRAINING_CODE, *_MEASURING_CODE),
                "defense": identity(self.defense),
                "attack": identity(self.attack),
                "data": self._data,
                "evaluation": config.plain(self.evaluation),
                "seed": self.request.seed,
                **({"tuning": tuning_hash(self.request.tuning)} if self.request.tuning is not None else {}),
            }
        )

    @cached_property
    def training_address(self) -> str:
        """Content address of the trained networks; the same for variants that share them."""
        version = versions.plugin_version(type(self.defense))
        return store.address(
            {
                "code": versions.code_version(*TRAINING_CODE),
                "family": [self.defense.family, config.plain_values(self.defense.training_settings()), version],
                "data": self._data,
                "shares": self.evaluation.shares,
                "precision": self.evaluation.precision,
                "seed": self.request.seed,
            }
        )

    def transcript_address(self, weights: str) -> str:
        """Content address of the recorded traffic of networks with this hash.

        Not only of their training: the same training ends elsewhere in other weights, whose traffic is another.
        """
        return store.address(
            {
                "training": self.training_address,
                "weights": weights,
                "code": versions.code_version("bench.runner.traffic"),
                "defense": identity(self.defense),
                "pool": self.evaluation.reference_pool,
            }
        )

    def utility_address(self, weights: str, device: str) -> str:
        """Content address of the measured utility; `device` enters because seconds are part of it."""
        evaluation = self.evaluation
        return store.address(
            {
                "transcript": self.transcript_address(weights),
                "code": versions.code_version("bench.metrics", "bench.runner.utility"),
                "evaluation": [evaluation.utility_subjects, list(evaluation.query_grid), evaluation.key_repetitions],
                "device": device,
            }
        )

    @cached_property
    def prior_address(self) -> str:
        """Content address of what the attack trains on its own data alone; the same for all defenses."""
        version = versions.plugin_version(type(self.attack))
        return store.address(
            {
                "code": versions.code_version(*TRAINING_CODE),
                "attack": [self.attack.name, config.plain_values(self.attack.training_settings()), version],
                "data": self._data,
                "shares": self.evaluation.shares,
                "precision": self.evaluation.precision,
                "seed": self.request.seed,
            }
        )

    def informed_address(self, weights: str) -> str:
        """Content address of what the attack trains knowing the trained defense and its client's code."""
        return store.address(
            {
                "prior": self.prior_address,
                "training": self.training_address,
                "weights": weights,
                "code": versions.code_version("bench.runner.traffic", "bench.runner.attack"),
                "pool": self.evaluation.reference_pool,
            }
        )

    def attacker_address(self, weights: str) -> str:
        """Content address of whatever models the attack trains on the traffic of networks with this hash."""
        return store.address({"attacker-of": self.address, "weights": weights})

    @property
    def folder(self) -> Path:
        """Where the record and its pictures go."""
        request = self.request
        name = f"{self.defense.name}+{self.attack.name}-s{request.seed}-{self.address[:8]}"
        return request.out / f"{self.dataset.name}-{request.preset}" / name

    @property
    def _data(self) -> dict[str, Any]:
        return data_parts(self.dataset, self.evaluation, self.fingerprint)


def require_root(dataset: Dataset, root: Path | None) -> None:
    """Files are named if and only if the dataset reads some.

    Raises:
        BenchError: they are not.
    """
    if dataset.needs_root and root is None:
        raise BenchError(f"dataset {dataset.name} reads files: say where they are with --root DIR")
    if not dataset.needs_root and root is not None:
        raise BenchError(f"dataset {dataset.name} reads no files: leave out --root {root}")


def data_parts(dataset: Dataset, evaluation: config.Evaluation, fingerprint: str) -> dict[str, Any]:
    """What decides the scans, for addresses; the code of built-in datasets enters them with all other code."""
    foreign = type(dataset).__module__.partition(".")[0] != "bench"
    return {
        **({"code": versions.plugin_version(type(dataset))} if foreign else {}),
        "name": dataset.name,
        "settings": config.plain(dataset),
        "grid": [list(evaluation.shape), evaluation.spacing_mm],
        "fingerprint": fingerprint,
    }


def tuning_hash(tuning: Tuning) -> str:
    """Content address of what a cross-validation found."""
    return store.address(tuning.model_dump(mode="json", exclude={"command"}))


def identity(plugin: Plugin) -> list[Any]:
    """What a plugin is, for addresses: its name, its settings, its code."""
    return [plugin.name, config.by_content(plugin), versions.plugin_version(type(plugin))]
