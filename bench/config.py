"""Settings: plugin defaults, then the preset's values, then what the user sets; and the presets themselves."""

import dataclasses
import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.dataset import Grid
from bench.errors import BenchError
from bench.plugin import Plugin, settings_by_content

SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What is measured and on how many.

    Attributes:
        shape, spacing_mm: the common grid.
        shares: shares of families for train, references, auxiliary, test.
        reference_pool: whose scans the client mixes with at test time: people of a role of their own (private), those
            that the defense was trained on (train), or a public set that the attacker owns as well (public).
        utility_subjects: test people whose segmentation is scored (one scan each); None for all.
        key_repetitions: how often every scan is sent, under fresh keys each time; utility and leakage are means over
            these. A defense without keys is measured once.
        query_grid: numbers of queries at which Dice is reported, as far as the defense sends that many.
        costly_people: number of people for whom a slow attack reconstructs one scan per set of keys; None for all scans
            of all people. They are still searched for among everybody.
        costly_sweeps: whether slow attacks are also measured at fewer queries and along the defense's dial, and attacks
            that train on the client's own code along the dial, which takes one training per value.
        precision: Lightning Fabric's name of the arithmetic used in training.
    """

    shape: tuple[int, int, int] = (144, 192, 160)
    spacing_mm: float = 1.0
    shares: tuple[float, float, float, float] = (0.35, 0.25, 0.15, 0.25)
    reference_pool: Literal["private", "train", "public"] = "private"
    utility_subjects: int | None = None
    key_repetitions: int = 5
    query_grid: tuple[int, ...] = (1, 5, 10, 15, 30)
    costly_people: int | None = 30
    costly_sweeps: bool = False
    precision: str = "32-true"

    def __post_init__(self) -> None:
        if min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise ValueError(f"shares must be four positive numbers that sum to 1, got {self.shares}")
        if self.utility_subjects is not None and self.utility_subjects < 1:
            raise ValueError(f"utility_subjects must be >= 1 or None, got {self.utility_subjects}")
        if self.key_repetitions < 1:
            raise ValueError(f"key_repetitions must be >= 1, got {self.key_repetitions}")
        if self.costly_people is not None and self.costly_people < 2:
            raise ValueError(f"costly_people must be >= 2 or None, got {self.costly_people}")
        if not self.query_grid or min(self.query_grid) < 1:
            raise ValueError(f"query_grid must name numbers >= 1, got {self.query_grid}")
        Grid(self.shape, self.spacing_mm)

    @property
    def grid(self) -> Grid:
        """The common grid."""
        return Grid(self.shape, self.spacing_mm)


PRESETS: dict[str, Mapping[str, Any]] = {
    "smoke": {
        "shape": (28, 36, 28),
        "spacing_mm": 6.0,
        "utility_subjects": 6,
        "key_repetitions": 3,
        "costly_people": 6,
    },
    "quick": {
        "shape": (56, 68, 56),
        "spacing_mm": 3.0,
        "utility_subjects": 12,
        "key_repetitions": 3,
        "costly_people": 8,
    },
    "standard": {"shape": (80, 100, 80), "spacing_mm": 2.0, "precision": "bf16-mixed"},
    "paper": {},
}
"""Evaluation settings per preset; what a plugin changes under a preset stands in the plugin."""


@dataclass(frozen=True)
class Assignment:
    """One `--set` of the user: `key=value` or `component.key=value`."""

    component: str | None
    key: str
    value: str

    @classmethod
    def parse(cls, text: str, option: str = "--set") -> "Assignment":
        """Read `text`, which was given to `option`.

        Raises:
            BenchError: there is no `=`.
        """
        left, equals, value = text.partition("=")
        if not equals or not left.strip():
            raise BenchError(f"{option} {text!r} is not of the form key=value; write for example {option} queries=5")
        component, dot, key = left.strip().rpartition(".")
        return cls(component if dot else None, key, value.strip())


def resolve(classes: Mapping[str, type[Any]], preset: str, assignments: Sequence[Assignment]) -> dict[str, Any]:
    """Instances of every component's settings class.

    Args:
        classes: settings dataclass by component name (`data`, `defense`, `attack`, `evaluation`).

    Raises:
        BenchError: unknown preset, key or component, an ambiguous key, or a value that does not fit.
    """
    if preset not in PRESETS:
        raise BenchError(f"no preset named {preset!r}; available: {', '.join(PRESETS)}")
    chosen: dict[str, dict[str, Any]] = {}
    for component, cls in classes.items():
        values = PRESETS[preset] if cls is Evaluation else cls.presets.get(preset, {})
        chosen[component] = dict(values)
    for assignment in assignments:
        component = owner_of(assignment, classes)
        kept = _is_text(classes[component], assignment.key) and not assignment.value.startswith('"')
        chosen[component][assignment.key] = assignment.value if kept else _read(assignment.value)
    return {component: build(cls, chosen[component]) for component, cls in classes.items()}


def qualified(text: str, classes: Mapping[str, type[Any]]) -> str:
    """One `--set` with the component that it belongs to spelled out.

    Raises:
        BenchError: see `resolve`.
    """
    assignment = Assignment.parse(text)
    return f"{owner_of(assignment, classes)}.{assignment.key}={assignment.value}"


def build(cls: type[SettingsT], values: Mapping[str, Any]) -> SettingsT:
    """An instance of a settings dataclass, with values coerced to the types of its fields.

    Raises:
        BenchError: a value does not fit its field.
    """
    name = cls.name if issubclass(cls, Plugin) else cls.__name__.lower()
    try:
        settings = TypeAdapter(cls).validate_python(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        key = str(first["loc"][0]) if first["loc"] else None
        if key is None:
            raise BenchError(f"{name}: {message}") from error
        if first["type"] == "missing" and len(first["loc"]) == 1:
            raise BenchError(f"{name} needs --set {key}=VALUE; see `bench show {name}`") from error
        if first["type"] == "missing":
            message = "too few values"
        raise BenchError(
            f"{name}: {key}={values.get(key)!r} does not fit: {message}; see `bench show {name}`"
        ) from error
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        if not _finite(getattr(settings, field.name)):
            given = getattr(settings, field.name)
            raise BenchError(
                f"{name}: {field.name}={given!r} does not fit: numbers must be finite; see `bench show {name}`"
            )
    return settings


def _finite(value: object) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def plain(settings: Any) -> dict[str, Any]:
    """The fields of a settings dataclass as JSON values."""
    return plain_values({field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)})


def by_content(plugin: Any) -> dict[str, Any]:
    """The same of a plugin for addresses and records: what is in files stands in place of their names."""
    return plain_values(settings_by_content(plugin))


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they look after a round trip through JSON: tuples are lists."""
    result: dict[str, Any] = json.loads(TypeAdapter(dict[str, Any]).dump_json(dict(values)))
    return result


def owner_of(assignment: Assignment, classes: Mapping[str, type[Any]]) -> str:
    """The component whose setting this is.

    Raises:
        BenchError: no component or several have it.
    """
    fields = {component: [field.name for field in dataclasses.fields(cls)] for component, cls in classes.items()}
    if assignment.component is not None:
        if assignment.component not in fields:
            raise BenchError(
                f"no component {assignment.component!r} in --set {assignment.component}.{assignment.key}; "
                f"allowed: {', '.join(fields)}"
            )
        if assignment.key in fields[assignment.component]:
            return assignment.component
    else:
        owners = [component for component, names in fields.items() if assignment.key in names]
        if len(owners) == 1:
            return owners[0]
        if owners:
            spelled = " or ".join(f"{owner}.{assignment.key}" for owner in owners)
            raise BenchError(f"--set {assignment.key} is ambiguous; write {spelled}")
    everything = sorted({name for names in fields.values() for name in names})
    close = difflib.get_close_matches(assignment.key, everything, n=1) or [
        name for name in everything if assignment.key == "".join(word[:1] for word in name.split("_"))
    ]
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    listing = "; ".join(f"{component}: {', '.join(names) or 'none'}" for component, names in fields.items())
    raise BenchError(f"no setting named {assignment.key!r}{hint}; available: {listing}")


def values_in(text: str) -> list[str]:
    """Several values of one setting, each as a user would write it alone: `1,2`, or `[[8,16],[16,32]]` for lists."""
    found = _read(text)
    return (
        [item if isinstance(item, str) else json.dumps(item) for item in found] if isinstance(found, list) else [text]
    )


def _is_text(cls: type[Any], key: str) -> bool:
    """Whether a setting takes any text, `none` and `1` too."""
    return any(field.name == key and field.type in (str, "str") for field in dataclasses.fields(cls))


def _read(text: str) -> Any:
    """JSON where it is JSON (numbers, lists, null), `a,b` as a list, otherwise the text itself."""
    if text.lower() in ("none", "null"):
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [_read(part.strip()) for part in text.split(",")] if "," in text else text
