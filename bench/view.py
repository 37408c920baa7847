"""The attacker's view: holds what the threat model grants and nothing else."""

import copy
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.errors import GrantError
from bench.types.scan import Cohort, Scan
from bench.types.threat import GRANTS, Knows, Observes, Owns, ThreatModel
from bench.types.traffic import Lazy, Release, Reply, Transcript

ClientCode = Callable[[Scan, np.random.Generator], Release]
"""The client's own code, run by the attacker on the attacker's own scan with a fresh key."""


@dataclass(frozen=True, eq=False)
class Shadow:
    """The defense as an attacker trained it.

    Attributes:
        server: the server's network.
        protect: what the client of this training makes of a scan: its network, a pool of the attacker's own people
            (the cohort), and a fresh key from the generator.
    """

    server: nn.Module
    protect: Callable[[Scan, Cohort, np.random.Generator], Release]


TrainingCode = Callable[[Cohort, str, float], Shadow]
"""The defense's public training code: from scans of the attacker's own, the name of a run (another name draws other
random numbers) and the share of the training's iterations, in (0, 1], to what it becomes."""

DENIED = "bench.view.denied"
"""Audit event of a refusal: whoever listens knows of it even if the attack catches the error."""

Seal = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Puts a function behind a counter."""
Counter = Generator[Any, Any, None]


class AttackerView:
    """What one attack gets. Built by the suite from a threat model; ungranted fields are not in it at all.

    Attributes:
        classes, spacing_mm: of the scans.
        wanted: which releases a reconstruction must be made of; of a costly attack not all (`Attack.costly`).
    """

    __slots__ = ("__ask", "classes", "spacing_mm", "wanted")

    def __init__(
        self,
        attack: str,
        granted: Mapping[str, Any],
        classes: tuple[str, ...],
        spacing_mm: float,
        wanted: tuple[int, ...],
        seal: Seal | None = None,
        looked: set[str] | None = None,
    ) -> None:
        def answer(name: str) -> Any:
            if name not in granted:
                raise denied(attack, f"touched view.{name}", frozenset(granted), name)
            if looked is not None:
                looked.add(name)
            return granted[name]

        self.__ask = (seal or sealed)(answer)
        self.classes = classes
        self.spacing_mm = spacing_mm
        self.wanted = wanted

    @property
    def releases(self) -> Sequence[Release]:
        """What left the hospital, one release per scan, in an order that tells nothing."""
        return self.__get(Observes.RELEASE)  # type: ignore[no-any-return]

    @property
    def replies(self) -> Sequence[Reply]:
        """What the server answered, in the order of the releases."""
        return self.__get(Observes.REPLY)  # type: ignore[no-any-return]

    @property
    def training_labels(self) -> Sequence[Reply]:
        """The labels that were sent for the server to learn from, in the order of the releases."""
        return self.__get(Observes.LABELS)  # type: ignore[no-any-return]

    @property
    def auxiliary(self) -> Cohort:
        """The attacker's own scans with labels; nobody in them is a victim."""
        return self.__get(Owns.AUXILIARY)  # type: ignore[no-any-return]

    @property
    def candidates(self) -> Cohort:
        """Labelled scans of people about whom membership is asked: half of them were trained on."""
        return self.__get(Owns.CANDIDATES)  # type: ignore[no-any-return]

    @property
    def training(self) -> TrainingCode:
        """The defense's training code: scans in, a trained defense out."""
        return self.__get(Knows.TRAINING_CODE)  # type: ignore[no-any-return]

    @property
    def client(self) -> ClientCode:
        """The client's own code, for the attacker's own scans."""
        return self.__get(Knows.CLIENT_CODE)  # type: ignore[no-any-return]

    @property
    def server(self) -> nn.Module:
        """A copy of the server's network."""
        return self.__get(Knows.SERVER_WEIGHTS)  # type: ignore[no-any-return]

    @property
    def reference_pool(self) -> Cohort:
        """The client's private reference scans."""
        return self.__get(Knows.REFERENCE_POOL)  # type: ignore[no-any-return]

    @property
    def keys(self) -> Sequence[Any]:
        """The key of every release."""
        return self.__get(Knows.KEYS)  # type: ignore[no-any-return]

    def first_queries(self) -> list[Tensor]:
        """The first query of every release: `channel depth height width` each."""
        return [release.queries[0] for release in self.releases]

    def __get(self, grant: Observes | Knows | Owns) -> Any:
        return self.__ask(grant.value)

    def __getattr__(self, name: str) -> Any:
        return self.__ask(name)

    def __reduce__(self) -> Any:
        return self.__ask("__reduce__")  # copying and pickling come through here


def denied(attack: str, deed: str, granted: frozenset[str], missing: str | None = None) -> GrantError:
    """The error of an attack that reached past its card; says what would have to stand on it.

    Args:
        missing: name of the grant that was reached for; None (or no grant's name) where the deed could open anything.
    """
    named = [f"{type(grant).__name__}.{grant.name}" for grant in GRANTS if grant.value == missing]
    rest = [f"{type(grant).__name__}.{grant.name}" for grant in GRANTS if grant.value not in granted]
    has = ", ".join(sorted(granted)) or "nothing"
    if named:
        advice = f"Add {named[0]} to the card if the attacker would really have it"
    else:
        advice = f"Missing on the card: {', '.join(rest) or 'no grant; identities and scans are never granted'}"
    reason = f"attack {attack!r} {deed}, which its threat model does not grant; granted: {has}. {advice}"
    sys.audit(DENIED, reason)
    return GrantError(reason)


def counter(answer: Callable[..., Any]) -> Counter:
    """A generator that answers what it is sent. `answer` lives in its frame, where no attribute of Python leads.

    A closure would show its cells to anybody (`__closure__`); reading a generator's frame raises an audit event, which
    the guard of the runner refuses.
    """
    reply: tuple[bool, Any] = (True, None)
    while True:
        question = yield reply
        try:
            reply = (True, answer(*question))
        except Exception as error:  # noqa: BLE001 - raised again on the other side of the counter, see `asking`
            reply = (False, error)


def asking(answering: Counter) -> Callable[..., Any]:
    """The function on the asker's side of a counter; one question at a time."""
    next(answering)
    lock = threading.RLock()  # a question asked from within an answer is an error, not a standstill

    def ask(*question: Any) -> Any:
        with lock:
            done, reply = answering.send(question)
        if not done:
            raise reply
        return reply

    return ask


def sealed(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, without a way to what it holds."""
    return asking(counter(answer))


def view_for(
    attack: str,
    threat: ThreatModel,
    transcript: Transcript,
    offers: Mapping[str, Any],
    classes: tuple[str, ...],
    spacing_mm: float,
    seal: Seal | None = None,
    looked: set[str] | None = None,
    wanted: tuple[int, ...] | None = None,
) -> AttackerView:
    """The view that `threat` opens.

    Args:
        offers: everything beside the traffic that a card could grant, by grant name.
        seal: puts a function behind a counter; `sealed` unless the caller wants to know the counters.
        looked: takes the names of the fields that the attack touches.
        wanted: which releases a reconstruction must be made of; None for all.

    Raises:
        GrantError: the card grants what this run cannot offer.
    """
    seen = transcript if threat.queries is None else transcript.first(threat.queries)
    everything: dict[str, Any] = {**offers, Observes.RELEASE.value: seen.releases}
    if threat.queries is not None and Knows.CLIENT_CODE.value in offers:
        everything[Knows.CLIENT_CODE.value] = _within(threat.queries, offers[Knows.CLIENT_CODE.value])
    if len(seen.replies):
        everything[Observes.REPLY.value] = seen.replies
    if len(seen.labels):
        everything[Observes.LABELS.value] = seen.labels
    missing = sorted(threat.grants - everything.keys())
    if missing:
        raise GrantError(f"the threat model of {attack!r} grants {', '.join(missing)}, which this run does not have")
    granted = {name: _bare(_untold(name, everything[name]), seal or sealed) for name in threat.grants}
    everyone = tuple(range(len(seen.releases)))
    return AttackerView(attack, granted, classes, spacing_mm, everyone if wanted is None else wanted, seal, looked)


def _within(queries: int, client: ClientCode) -> ClientCode:
    """The client's code with the budget of the card: what it sends of own scans is cut like the traffic."""
    return lambda scan, rng: client(scan, rng).first(queries)


def _untold(name: str, field: Any) -> Any:
    """The field without anybody's age or sex: of its own scans alone does the attacker know them."""
    return field.without_traits() if isinstance(field, Cohort) and name != Owns.AUXILIARY.value else field


def _bare(field: Any, seal: Seal) -> Any:
    """The field without what it would drag along: folders, scans behind keys, networks that others still use."""
    if isinstance(field, Lazy):
        return Lazy(len(field), seal(lambda index: _detached(field[index])))
    if isinstance(field, nn.Module):
        return copy.deepcopy(field)
    if callable(field):
        return seal(field)
    return _detached(field)


def _detached(item: Any) -> Any:
    """Tensors of their own: a slice shares its storage with what it was cut from, such as queries beyond the budget."""
    if isinstance(item, Release):
        return replace(item, queries=_copy(item.queries))
    if isinstance(item, Reply):
        return replace(item, maps=_copy(item.maps))
    if isinstance(item, Cohort):
        scans = [replace(scan, image=_copy(scan.image), labels=_copy(scan.labels)) for scan in item]
        return item.only(tuple(scans))
    return item


def _copy(tensor: Tensor) -> Tensor:
    return tensor.clone(memory_format=torch.contiguous_format)
