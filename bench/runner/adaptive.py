"""The whole suite against one defense: every attack that an outsider could mount, and which of them finds most.

A defense is as private as the strongest attack on it leaves it. `adaptive` is no attack but a name for all of them:
every one up to T2 becomes an ordinary cell with a record of its own, which is not run again if it is finished.
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench import config
from bench.errors import BenchError
from bench.progress import Display
from bench.records.parts import Interval
from bench.records.schema import Status
from bench.registry import Registry
from bench.runner.cell import Cell, Request
from bench.runner.contenders import suite
from bench.runner.run import Outcome, run_cell
from bench.runner.tuning import stored
from bench.store import Store
from bench.types.threat import Goal


@dataclass(frozen=True)
class Tried:
    """One attack of the suite.

    Attributes:
        outcome: its cell; None if it does not fit the defense or the data.
        reason: why it does not fit.
    """

    attack: str
    outcome: Outcome | None
    reason: str | None = None

    @property
    def score(self) -> Interval | None:
        """What it finds; None unless it is valid."""
        record = None if self.outcome is None else self.outcome.record
        if record is None or record.status is not Status.OK or record.privacy is None:
            return None
        return record.privacy.scores[record.privacy.headline].value

    @property
    def about_test_people(self) -> bool:
        """Whether it asks whose scan a release of a test person shows, which is what the worst case is about."""
        if self.outcome is None:
            return False
        return self.outcome.record.attack.threat.links

    @property
    def about_membership(self) -> bool:
        """Whether it asks who was trained on, and not whose scan it is: another question, on another scale."""
        return self.outcome is not None and self.outcome.record.attack.threat.goal == Goal.MEMBERSHIP

    @property
    def about_traits(self) -> bool:
        """Whether it asks about age and sex: a third question, on the scale of the second."""
        return self.outcome is not None and self.outcome.record.attack.threat.goal == Goal.ATTRIBUTE


def run_suite(
    request: Request,
    registry: Registry,
    store: Store,
    display: Display,
    only: Sequence[str] = (),
    tuned: bool = False,
) -> Iterator[Tried]:
    """Every attack of the suite in turn, each an ordinary cell whose record is written before the next one begins.

    Args:
        request: what `bench run DEFENSE adaptive` asks for; its settings are those of data, defense and evaluation.
        only: see `suite`.
        tuned: whether the defense gets the settings that an earlier cross-validation chose.

    Raises:
        BenchError: something the user must mend that has nothing to do with any one attack.
        InterruptedTraining: stopped from outside; the same call continues.
    """
    shared = replace(request, assignments=_for_all(request, registry))
    names = suite(registry, only)
    if tuned:
        shared = stored.tuned(Cell.resolve(replace(shared, attack=names[0]), registry), registry, store).request
    for place, name in enumerate(names, start=1):
        display.say(f"{request.defense} against {name} ({place} of {len(names)})")
        yield _tried(
            replace(shared, attack=name, command=command_of(replace(shared, attack=name))), registry, store, display
        )


def worst(tried: Sequence[Tried]) -> Tried | None:
    """The valid attack that finds most of whose scans they are; None if there is none: then nothing is known."""
    return _most([one for one in tried if one.about_test_people])


def worst_on_membership(tried: Sequence[Tried]) -> Tried | None:
    """The valid attack that finds most of who was trained on; None if there is none."""
    return _most([one for one in tried if one.about_membership])


def worst_on_traits(tried: Sequence[Tried]) -> Tried | None:
    """The valid attack that finds most of people's age or sex; None if there is none."""
    return _most([one for one in tried if one.about_traits])


def _most(tried: Sequence[Tried]) -> Tried | None:
    """Attacks that were let at some people only count where no other was let at more: fewer people scatter more."""
    scored = {
        place: score for place, one in enumerate(tried) if (score := one.score) is not None and score.value is not None
    }
    most_people = max((score.n for score in scored.values()), default=0)
    whole = {place: score.value or 0.0 for place, score in scored.items() if score.n == most_people}
    return tried[max(whole, key=whole.__getitem__)] if whole else None


def command_of(request: Request) -> str:
    """The command that runs one cell of the suite alone. Where files lie on this machine is nobody's business."""
    words = ["bench", "run", request.defense, request.attack, "--data", request.data]
    words += [] if request.root is None else ["--root", "DIR"]
    words += ["--preset", request.preset, "--seed", str(request.seed)]
    words += [word for assignment in request.assignments for word in ("--set", assignment)]
    words += [word for plugin in request.plugins for word in ("--plugin", plugin.name)]
    words += ["--tuned"] if request.tuning is not None else []
    words += ["--isolate"] if request.isolate else []
    return shlex.join(words)


def _tried(request: Request, registry: Registry, store: Store, display: Display) -> Tried:
    cell = Cell.resolve(request, registry)
    try:
        return Tried(request.attack, run_cell(cell, store, display))
    except BenchError as error:  # too few of the attacker's own scans, say: other attacks may fit
        return Tried(request.attack, None, str(error))


def _for_all(request: Request, registry: Registry) -> tuple[str, ...]:
    """The settings, each with its component, so that an attack with a setting of that name makes none ambiguous."""
    classes: dict[str, type[Any]] = {
        "data": registry.find("datasets", request.data).load(),
        "defense": registry.find("defenses", request.defense).load(),
        "evaluation": config.Evaluation,
    }
    return tuple(config.qualified(text, classes) for text in request.assignments)
