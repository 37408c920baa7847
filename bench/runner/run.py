"""Running one cell: data, training, utility, traffic, attack, pictures, record."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import bench
from bench import config
from bench.errors import BenchError
from bench.progress import Display
from bench.records.files import LOST_NAME, RECORD_NAME, made_once, read_record, write_record
from bench.records.privacy import Privacy
from bench.records.schema import Cost, Record, Status
from bench.runner import entries
from bench.runner.attack.attempts import Attempts, Findings
from bench.runner.attack.confinement import OWN_PROCESS
from bench.runner.cell import Cell
from bench.runner.deploy import Deployed, deploy, gather, require_askable
from bench.runner.environment import describe_environment
from bench.runner.exposure import Exposed, expose
from bench.runner.leakage.measure import measure_leakage
from bench.runner.pictures.draw import Claimed, draw_pictures
from bench.runner.pictures.labels import label_panels
from bench.runner.pictures.reconstruction import reconstruction_panels
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import key_source
from bench.runner.trial import attack, attempts_of, check_known_answers
from bench.runner.utility.measure import Measured, measure_utility
from bench.store import Store
from bench.trainer.devices import make_fabric
from bench.types.claim import LabelMaps, Reconstruction
from bench.types.scan import Cohort


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
    started = time.monotonic()
    fabric = make_fabric(cell.request.device, cell.evaluation.precision)
    require_askable(cell)
    checked = check_known_answers(cell, fabric, store, display)
    checking_seconds = time.monotonic() - started
    if checked.failure is not None:
        display.say(f"{cell.attack.name}: {checked.failure.reason}")
    cohort, roles = gather(cell, store, display)
    deployed = deploy(cell, cohort, roles, fabric, store, display)
    victims = _first(deployed.roles.test.first_visits(), cell.evaluation.utility_subjects)
    measured = _utility(cell, deployed, victims, store, display)
    exposed = expose(cell, deployed, store, display)
    cell.folder.mkdir(parents=True, exist_ok=True)
    attempts = attempts_of(cell, deployed, fabric, store, display)

    attacked = time.monotonic()
    findings = checked.failure or attack(attempts, deployed, exposed)
    attack_seconds = checking_seconds + time.monotonic() - attacked
    privacy = _leakage(cell, deployed, exposed, attempts, findings) if findings.claims else None

    record = Record(
        unveil_version=bench.__version__,
        cell=cell.address,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=cell.request.command,
        status=findings.status,
        reason=findings.reason,
        preset=cell.request.preset,
        seed=cell.request.seed,
        settings=config.plain(cell.evaluation),
        defense=entries.defense_entry(cell, deployed.networks, deployed.weights),
        attack=entries.attack_entry(cell, attempts.held),
        data=entries.data_entry(cell, deployed.cohort, deployed.roles),
        utility=measured.utility,
        validity=checked.validity,
        privacy=privacy,
        cost=Cost(
            client_seconds=measured.client_seconds,
            server_seconds=measured.server_seconds,
            bytes_sent=measured.bytes_sent,
            bytes_received=measured.bytes_received,
            training_seconds=deployed.networks.history.seconds,
            attack_seconds=attack_seconds,
            total_seconds=time.monotonic() - started,
        ),
        environment=describe_environment(fabric.device),
        pictures=draw_pictures(
            cell,
            deployed.client,
            deployed.server,
            victims,
            key_source(deployed.client, cell.request.seed)(victims.scans[0], 0),
            deployed.networks,
            measured.utility,
            privacy,
            _claimed(findings, deployed.client, exposed),
        ),
        warnings=entries.warnings_about(cell, deployed.cohort, deployed.roles),
    )
    path = cell.folder / (RECORD_NAME if record.status is Status.OK or not _holds_ok(cell) else LOST_NAME)
    write_record(record, path)
    return Outcome(record, path, known=False)


def _utility(cell: Cell, deployed: Deployed, victims: Cohort, store: Store, display: Display) -> Measured:
    """What the defense is good for; the same for every attack, so looked up where it was measured."""
    client, evaluation = deployed.client, cell.evaluation
    return made_once(
        store.utility(cell.utility_address(deployed.weights, client.device.type)),
        Measured,
        lambda: measure_utility(
            client,
            deployed.server,
            victims,
            evaluation.query_grid,
            cell.request.seed,
            display,
            evaluation.key_repetitions,
        ),
    )


def _leakage(cell: Cell, deployed: Deployed, exposed: Exposed, attempts: Attempts, findings: Findings) -> Privacy:
    return measure_leakage(
        findings.claims,
        attempts,
        deployed.client,
        exposed.answering,
        exposed.repetitions,
        deployed.networks,
        deployed.roles,
        evaluation=cell.evaluation,
        dial_folder=exposed.folder,
        cell_folder=cell.folder,
        display=attempts.display,
    )


def _holds_ok(cell: Cell) -> bool:
    """Whether the folder has a finished record of this cell, made under another isolation or time limit."""
    path = cell.folder / RECORD_NAME
    try:
        kept = read_record(path) if path.exists() else None
    except BenchError:
        return False
    return kept is not None and kept.cell == cell.address and kept.status is Status.OK


def _claimed(findings: Findings, client: Client, exposed: Exposed) -> Claimed:
    """Panels of what the attack made of the first release, by the picture's name; none if it claims nothing to see."""
    claim, traffic = findings.claims[0] if findings.claims else None, exposed.repetitions[0]
    if isinstance(claim, Reconstruction):
        first = 0 if traffic.wanted is None else traffic.wanted[0]
        key = exposed.key_for(traffic.scans[first], traffic.repetition)
        return {"reconstruction": reconstruction_panels(claim, client, traffic, key)}
    if isinstance(claim, LabelMaps):
        key = exposed.key_for(traffic.scans[0], traffic.repetition)
        return {"labels": label_panels(claim, client, traffic, key)}
    return {}


def _first(cohort: Cohort, count: int | None) -> Cohort:
    return cohort.only(cohort.scans[:count])
