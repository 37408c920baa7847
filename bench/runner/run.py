"""Running one cell: data, training, utility, traffic, attack, pictures, record."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import bench
from bench import config
from bench.data.cached import load_cached
from bench.data.roles import data_secret, split
from bench.defense import Networks
from bench.errors import BenchError
from bench.progress import Display
from bench.records.files import RECORD_NAME, made_once, read_record, write_record
from bench.records.privacy import Validity
from bench.records.schema import Cost, Record, Status
from bench.runner import entries
from bench.runner.attack.asked_traits import require_traits
from bench.runner.attack.attempts import Attempts, Findings
from bench.runner.attack.candidates import require_truth
from bench.runner.attack.confinement import OWN_PROCESS, Confinement, LostAttack
from bench.runner.cell import Cell
from bench.runner.environment import describe_environment
from bench.runner.leakage.extent import asked_of, key_sets
from bench.runner.leakage.measure import measure_leakage
from bench.runner.leakage.validity import address_of as validity_address
from bench.runner.leakage.validity import at_smoke_size, check_attack
from bench.runner.pictures.draw import Claimed, draw_pictures
from bench.runner.pictures.labels import label_panels
from bench.runner.pictures.reconstruction import reconstruction_panels
from bench.runner.traffic.contract import checked_networks, held_to
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import KeyFor, Traffic, key_source, record_repetitions
from bench.runner.traffic.training import require_labels, training_key_source, training_traffic
from bench.runner.utility.measure import Measured, measure_utility
from bench.runner.weights import weights_hash
from bench.store import Store
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer
from bench.trainer.seeding import seeded_torch
from bench.types.claim import LabelMaps, Reconstruction
from bench.types.scan import Cohort, Roles
from bench.types.threat import Observes, Phase

LOST_NAME = "record-lost.json"
"""Beside an OK record: a later try of the same cell that came to nothing, and must not cost what is known."""


@dataclass(frozen=True)
class Outcome:
    """Where a cell's results are, and whether they were there before."""

    record: Record
    path: Path
    known: bool


def known_outcome(cell: Cell) -> Outcome | None:
    """The finished record of this very cell, if there is one. A cell that is not OK is tried again."""
    path = cell.folder / RECORD_NAME
    if not path.exists():
        return None
    record = read_record(path)
    if record.cell != cell.address or record.status is not Status.OK:
        return None
    if cell.request.isolate and record.attack.isolation != OWN_PROCESS:
        return None  # whoever asks for isolation must not get a number that was made without
    return Outcome(record, path, known=True)


def run_cell(cell: Cell, store: Store, display: Display) -> Outcome:
    """Run what is not there yet and write the record.

    Raises:
        BenchError: something the user must mend.
        InterruptedTraining: stopped from outside; the same call continues.
    """
    known = known_outcome(cell)
    if known is not None:
        return known
    require_truth(cell.attack, cell.defense)
    require_labels(cell.attack, cell.defense)
    started = time.monotonic()
    seed, defense, evaluation = cell.request.seed, cell.defense, cell.evaluation
    fabric = make_fabric(cell.request.device, evaluation.precision)

    display.say(f"loading {cell.dataset.name}")
    cohort = load_cached(cell.dataset, cell.request.root, evaluation.grid, store.cohorts)
    roles = split(cohort, evaluation.shares)
    require_traits(cell.attack, cohort, roles)

    axes = (seed, "train", defense.family)
    trainer = FabricTrainer(fabric, store.networks(cell.training_address), axes, display)
    with seeded_torch(*axes), held_to(defense, "fit"):
        networks = checked_networks(defense, defense.fit(roles.train, trainer))
    weights = weights_hash(networks.client, networks.server)
    pools = {"private": roles.references, "train": roles.train, "public": roles.auxiliary}
    pool = pools[evaluation.reference_pool].first_visits()
    secret = data_secret(cohort)
    client = Client(defense, networks.client, pool.scans, fabric.device, secret)
    server = Server(defense, networks.server, fabric.device)
    key_for = key_source(client, seed)

    victims = _first(roles.test.first_visits(), evaluation.utility_subjects)
    measured = made_once(
        store.utility(cell.utility_address(weights, fabric.device.type)),
        Measured,
        lambda: measure_utility(
            client, server, victims, evaluation.query_grid, seed, display, evaluation.key_repetitions
        ),
    )

    answering = server if Observes.REPLY in cell.attack.threat.observes else None
    transcript_folder = store.transcript(cell.transcript_address(weights))
    training = cell.attack.threat.phase is Phase.TRAINING
    sent_key_for = training_key_source(client, roles.train, seed) if training else key_for
    if training:
        repetitions = training_traffic(client, roles.train, seed, evaluation.key_repetitions)
    else:
        repetitions = record_repetitions(
            client, answering, roles.test, seed, transcript_folder, display, key_sets(cell.attack, evaluation)
        )

    repetitions = tuple(asked_of(cell.attack, traffic, evaluation.costly_people, secret) for traffic in repetitions)

    cell.folder.mkdir(parents=True, exist_ok=True)
    attacked = time.monotonic()
    attempts = Attempts(
        attack=cell.attack,
        fabric=fabric,
        folder=store.networks(cell.attacker_address(weights)),
        own_data=store.networks(cell.prior_address),
        informed=store.networks(cell.informed_address(weights)),
        seed=seed,
        held=Confinement.of(cell.request, evaluation.precision, store, defense),
        display=display,
    )
    validity, findings = _attack(attempts, client, repetitions, networks, roles, store)
    attack_seconds = time.monotonic() - attacked
    privacy = None
    if findings.claims:
        privacy = measure_leakage(
            findings.claims,
            attempts,
            client,
            answering,
            repetitions,
            networks,
            roles,
            evaluation=evaluation,
            dial_folder=transcript_folder,
            cell_folder=cell.folder,
            display=display,
        )

    record = Record(
        unveil_version=bench.__version__,
        cell=cell.address,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=cell.request.command,
        status=findings.status,
        reason=findings.reason,
        preset=cell.request.preset,
        seed=seed,
        settings=config.plain(evaluation),
        defense=entries.defense_entry(cell, networks, weights),
        attack=entries.attack_entry(cell, attempts.held),
        data=entries.data_entry(cell, cohort, roles),
        utility=measured.utility,
        validity=validity,
        privacy=privacy,
        cost=Cost(
            client_seconds=measured.client_seconds,
            server_seconds=measured.server_seconds,
            bytes_sent=measured.bytes_sent,
            bytes_received=measured.bytes_received,
            training_seconds=networks.history.seconds,
            attack_seconds=attack_seconds,
            total_seconds=time.monotonic() - started,
        ),
        environment=describe_environment(fabric.device),
        pictures=draw_pictures(
            cell,
            client,
            server,
            victims,
            key_for(victims.scans[0], 0),
            networks,
            measured.utility,
            privacy,
            _claimed(findings, client, repetitions[0], sent_key_for),
        ),
        warnings=entries.warnings_about(cell, cohort, roles),
    )
    path = cell.folder / (RECORD_NAME if record.status is Status.OK or not _holds_ok(cell) else LOST_NAME)
    write_record(record, path)
    return Outcome(record, path, known=False)


def _holds_ok(cell: Cell) -> bool:
    """Whether the folder has a finished record of this cell, made under another isolation or time limit."""
    path = cell.folder / RECORD_NAME
    try:
        kept = read_record(path) if path.exists() else None
    except BenchError:
        return False
    return kept is not None and kept.cell == cell.address and kept.status is Status.OK


def _attack(
    attempts: Attempts, client: Client, repetitions: Sequence[Traffic], networks: Networks, roles: Roles, store: Store
) -> tuple[Validity | None, Findings]:
    """The attack, once it has found every planted leak."""
    small = at_smoke_size(attempts.attack)
    address = validity_address(small, attempts.held.precision)
    place = store.networks(address)
    checks = replace(
        attempts, attack=small, folder=place, own_data=place / "own data", informed=place / "informed", seed=0
    )
    try:
        validity = made_once(
            store.validity(address),
            Validity,
            lambda: check_attack(checks, store.cohorts, store.transcript(address), client.device),
        )
    except LostAttack as lost:
        return None, Findings(lost.status, lost.reason, ())
    if not validity.passed:
        missed = "; ".join(f"{name}: {leak.reason}" for name, leak in validity.leaks.items() if not leak.passed)
        return validity, Findings(Status.INVALID, f"missed a planted leak, so it proves nothing ({missed})", ())
    attempts.display.say(f"attacking with {attempts.attack.name}")
    return validity, attempts.over(client, repetitions, networks, roles)


def _claimed(findings: Findings, client: Client, traffic: Traffic, key_for: KeyFor) -> Claimed:
    """Panels of what the attack made of the first release, by the picture's name; none if it claims nothing to see."""
    claim = findings.claims[0] if findings.claims else None
    first = 0 if traffic.wanted is None else traffic.wanted[0]
    if isinstance(claim, Reconstruction):
        key = key_for(traffic.scans[first], traffic.repetition)
        return {"reconstruction": reconstruction_panels(claim, client, traffic, key)}
    if isinstance(claim, LabelMaps):
        return {"labels": label_panels(claim, client, traffic, key_for(traffic.scans[0], traffic.repetition))}
    return {}


def _first(cohort: Cohort, count: int | None) -> Cohort:
    return cohort.only(cohort.scans[:count])
