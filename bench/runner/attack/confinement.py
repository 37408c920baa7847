"""How an attack is held: for how long, in which process, away from which folders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.blame import place_of
from bench.defense import Defense
from bench.plugin import ReadsFiles
from bench.records.schema import Status
from bench.runner.cell import Request
from bench.store import Store

OWN_PROCESS, GUARDED = "own process", "guarded in the suite's process"
LONGEST_REASON = 1000
"""Characters of an error's own words."""


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """What the user decides about the attack's cell.

    Attributes:
        isolate: a process of its own, which gets the granted fields and nothing else.
        timeout: seconds; None for no limit.
        plugins: files that define plugins; the process of its own must load them too.
        precision: Lightning Fabric's name, for the trainer there.
        places: folders that the attack may not touch, with what they hold.
    """

    isolate: bool = False
    timeout: float | None = None
    plugins: tuple[Path, ...] = ()
    precision: str = "32-true"
    places: Mapping[Path, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request, precision: str, store: Store, defense: Defense[Any]) -> "Confinement":
        """What a request says, with the suite's cache, the data and the defense's own files out of reach."""
        places = dict.fromkeys((store.root, Store.default().root), "the suite's cache (scans, networks, traffic)")
        if request.root is not None:
            places[request.root] = "the dataset"
        if isinstance(defense, ReadsFiles):
            places.update(dict.fromkeys(defense.files(), "a file of the defense"))
        return cls(
            isolate=request.isolate,
            timeout=request.attack_timeout,
            plugins=request.plugins,
            precision=precision,
            places=places,
        )

    @property
    def label(self) -> str:
        """For the record."""
        return OWN_PROCESS if self.isolate else GUARDED


class LostAttack(Exception):
    """An attack that made no claim, with the state of its cell."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def reason_for(error: BaseException, attack: type | None = None) -> str:
    """What went wrong in an attack and where in its own file, in a line that a record has room for."""
    said = " ".join(str(error).split())
    said = said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]} ..."
    return f"{type(error).__name__}: {said}{place_of(error, attack)}"


def overdue(seconds: float) -> LostAttack:
    """The end of an attack that took longer than it may."""
    return LostAttack(Status.TIMEOUT, f"stopped after {seconds:g} s (--attack-timeout)")
