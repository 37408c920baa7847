"""Letting an attack work on the transcript alone, and judging what came out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from bench.attack import Attack
from bench.defense import Brought, Networks
from bench.errors import BenchError
from bench.interrupts import heard
from bench.records.schema import Status
from bench.runner.attack.asked_traits import asked_traits
from bench.runner.attack.authors import Authors
from bench.runner.attack.candidates import candidates_of, require_fair
from bench.runner.attack.claims import plain_claim
from bench.runner.attack.client_code import client_code
from bench.runner.attack.confinement import Confinement, LostAttack, reason_for
from bench.runner.attack.contract import checked_claim
from bench.runner.attack.deadline import time_limit
from bench.runner.attack.guard import Watch, watching
from bench.runner.attack.isolation import claim_from_own_process
from bench.runner.attack.learning import AttackTrainer, Shelves, folders
from bench.runner.attack.order import order_for
from bench.runner.attack.places import Hashed
from bench.runner.attack.public_training import PublicTraining
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic, key_source
from bench.trainer.loop import FabricTrainer
from bench.types.claim import Claim
from bench.types.scan import Cohort, Roles
from bench.types.threat import Goal, Knows, Owns
from bench.types.traffic import Lazy
from bench.view import AttackerView, ClientCode, Seal, sealed, view_for

NO_SHELVES: Shelves = {}
FREE = Confinement()
"""In the suite's process, under guard, without a time limit."""


@dataclass(frozen=True)
class Verdict:
    """How an attack ended; a claim only if it ended well."""

    status: Status
    reason: str | None
    claim: Claim | None


def attack_transcript(
    attack: Attack,
    client: Client,
    traffic: Traffic,
    networks: Networks,
    roles: Roles,
    trainer: FabricTrainer,
    axes: tuple[str | int, ...],
    held: Confinement = FREE,
    shelves: Shelves = NO_SHELVES,
) -> Verdict:
    """Run one attack on what `client` sent, and check that its claim can be scored.

    Whatever goes wrong inside it makes the cell FAILED, too much time TIMEOUT; neither ever counts as privacy.

    Raises:
        BenchError: something the user must mend.
        KeyboardInterrupt: stopped from outside.
    """
    offers = _offers(client, traffic, networks, roles, trainer, axes, shelves)
    asked = candidates_of(roles, int(axes[0]), client.secret) if attack.goal is Goal.MEMBERSHIP else None
    if asked is not None:  # other goals must not get clean scans of test people
        offers[Owns.CANDIDATES.value] = asked.cohort

    def view(seal: Seal, looked: set[str] | None = None) -> AttackerView:
        test, sent = roles.test, traffic.transcript
        return view_for(
            attack.name, attack.threat, sent, offers, test.classes, test.spacing_mm, seal, looked, traffic.wanted
        )

    public = (client.defense, len(client.references)) if Knows.TRAINING_CODE in attack.threat.knows else None
    try:
        require_fair(attack)
        if held.isolate:
            granted = view(sealed)
            order = order_for(attack, granted, trainer, axes, held, shelves, public)
            claimed = claim_from_own_process(order, granted, held.timeout)
        else:
            claimed = _claim_here(attack, view, trainer, held, shelves)
        test, scans = roles.test, len(traffic.scans) if asked is None else len(asked)
        traits = asked_traits(roles.auxiliary, traffic.scans)
        claim = checked_claim(attack.goal, claimed, scans, test.shape, len(test.classes), traffic.wanted, traits)
    except BenchError:
        raise
    except LostAttack as lost:
        return Verdict(lost.status, lost.reason, None)
    except (Exception, SystemExit) as error:  # the one place where any error becomes a FAILED cell
        if heard():
            raise KeyboardInterrupt from error
        return Verdict(Status.FAILED, reason_for(error, type(attack)), None)
    return Verdict(Status.OK, None, claim)


def _claim_here(
    attack: Attack,
    view: Callable[[Seal, set[str]], AttackerView],
    trainer: FabricTrainer,
    held: Confinement,
    shelves: Shelves,
) -> object:
    """What the attack claims, in this process and under guard."""
    authors, own = Authors(type(attack)), folders(trainer, shelves)
    watch = Watch(attack.name, attack.threat.grants, authors, Hashed.of(held.places), own, in_process=True)
    looked: set[str] = set()
    seen = view(watch.seal, looked)
    with time_limit(held.timeout), watching(watch):
        claim = plain_claim(attack.run(seen, AttackTrainer(trainer, shelves, looked)))
    return claim


def _offers(
    hospital: Client,
    traffic: Traffic,
    networks: Networks,
    roles: Roles,
    trainer: FabricTrainer,
    axes: tuple[str | int, ...],
    shelves: Shelves,
) -> dict[str, Any]:
    """What a threat card may grant beside the traffic. Only what the card names reaches the view."""
    key_for = key_source(hospital, int(axes[0]))
    offers = {
        Owns.AUXILIARY.value: roles.auxiliary,
        Knows.CLIENT_CODE.value: _client_code(hospital, roles.auxiliary, networks, trainer.device),
        Knows.SERVER_WEIGHTS.value: networks.server,
        Knows.REFERENCE_POOL.value: roles.references.only(tuple(hospital.references)),
        Knows.KEYS.value: Lazy(len(traffic.scans), lambda index: key_for(traffic.scans[index], traffic.repetition)),
    }
    if not isinstance(hospital.defense, Brought):  # what was trained elsewhere would hand its own networks over
        offers[Knows.TRAINING_CODE.value] = PublicTraining.of(
            hospital.defense, trainer, shelves, references=len(hospital.references)
        )
    return offers


def _client_code(hospital: Client, own: Cohort, networks: Networks, device: torch.device) -> ClientCode:
    code = client_code(hospital.defense, networks.client, len(hospital.references), device)
    return lambda scan, rng: code(scan, own, rng)
