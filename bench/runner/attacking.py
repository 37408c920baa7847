"""Letting an attack work on the transcript alone, and judging what came out of it."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bench.attack import Attack
from bench.defense import Networks
from bench.errors import BenchError
from bench.records.schema import Privacy, Status
from bench.runner import wire
from bench.runner.parties import Client
from bench.runner.privacy import score_claim
from bench.runner.traffic import Traffic, key_source
from bench.types.scan import Roles, Scan
from bench.types.threat import Knows, Owns
from bench.types.traffic import Lazy, Release
from bench.types.training import Trainer
from bench.view import ClientCode, view_for


@dataclass(frozen=True)
class Verdict:
    """State of the cell; scores only if it is OK."""

    status: Status
    reason: str | None
    privacy: Privacy | None


def attack_transcript(
    attack: Attack,
    client: Client,
    traffic: Traffic,
    networks: Networks,
    roles: Roles,
    trainer: Trainer,
    axes: tuple[str | int, ...],
) -> Verdict:
    """Run one attack on what `client` sent.

    Whatever goes wrong inside it makes the cell FAILED; it never counts as privacy.
    """
    offers = _offers(client, traffic, networks, roles, trainer.device, axes)
    try:
        view = view_for(
            attack.name, attack.threat, traffic.transcript, offers, roles.test.classes, roles.test.spacing_mm
        )
        claim = attack.run(view, trainer)
        privacy = score_claim(attack.goal, claim, traffic.scans, axes)
    except BenchError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place where any error becomes a result: FAILED, with no score
        where = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__}: {error} ({where.filename.rpartition('/')[2]}:{where.lineno})"
        return Verdict(Status.FAILED, reason, None)
    return Verdict(Status.OK, None, privacy)


def _offers(
    hospital: Client,
    traffic: Traffic,
    networks: Networks,
    roles: Roles,
    device: torch.device,
    axes: tuple[str | int, ...],
) -> Mapping[str, Any]:
    """What a threat card may grant beside the traffic. Only what the card names reaches the view."""
    own = Client(hospital.defense, networks.client, roles.auxiliary.first_visits().scans, device)
    seed = int(axes[0])
    key_for = key_source(hospital, seed)
    return {
        Owns.AUXILIARY.value: roles.auxiliary,
        Knows.CLIENT_CODE.value: _client_code(own),
        Knows.SERVER_WEIGHTS.value: networks.server,
        Knows.REFERENCE_POOL.value: roles.references.only(tuple(hospital.references)),
        Knows.KEYS.value: Lazy(len(traffic.scans), lambda index: key_for(traffic.scans[index], 0)),
    }


def _client_code(own: Client) -> ClientCode:
    """The defense's code with keys from the attacker's own scans, and over the same wire."""

    def protect(scan: Scan, rng: np.random.Generator) -> Release:
        sent = own.protect(scan, own.draw_key(rng))
        return Release(wire.decode(sent.queries, torch.device("cpu")), sent.piece)

    return protect
