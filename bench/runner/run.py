"""Running one cell: data, training, utility, traffic, attack, pictures, record."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

import bench
from bench import config, seeds
from bench.data.cached import load_cached
from bench.data.roles import split
from bench.defense import Networks
from bench.progress import Display
from bench.records.files import RECORD_NAME, read_record, write_record
from bench.records.schema import Cost, Record, Status, Utility
from bench.runner import entries
from bench.runner.attacking import attack_transcript
from bench.runner.cell import Cell
from bench.runner.confinement import OWN_PROCESS, Confinement
from bench.runner.drawing import draw_curve, draw_panels
from bench.runner.environment import describe_environment
from bench.runner.figures import panels_for
from bench.runner.parties import Client, Server
from bench.runner.traffic import KeyFor, key_source, record_traffic
from bench.runner.utility import measure_utility, measured_once
from bench.store import Store
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer
from bench.types.scan import Cohort
from bench.types.threat import Observes


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
    if record.cell != cell.address or record.status is not Status.OK or record.privacy is None:
        return None
    if cell.request.isolate and record.privacy.details.get("isolation") != OWN_PROCESS:
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
    seed, defense, evaluation = cell.request.seed, cell.defense, cell.evaluation
    fabric = make_fabric(cell.request.device, evaluation.precision)

    display.say(f"loading {cell.dataset.name}")
    cohort = load_cached(cell.dataset, cell.request.root, evaluation.grid, store.cohorts)
    roles = split(cohort, evaluation.shares)

    axes = (seed, "train", defense.family)
    trainer = FabricTrainer(fabric, store.networks(cell.training_address), axes, display)
    with seeded_torch(*axes):
        networks = defense.fit(roles.train, trainer)
    pools = {"private": roles.references, "train": roles.train, "public": roles.auxiliary}
    pool = pools[evaluation.reference_pool].first_visits()
    client = Client(defense, networks.client, pool.scans, fabric.device)
    server = Server(defense, networks.server, fabric.device)
    key_for = key_source(client, seed)

    victims = _first(roles.test.first_visits(), evaluation.utility_subjects)
    salt = entries.people_salt(cohort)
    measured = measured_once(
        store.utility(cell.utility_address(fabric.device.type)),
        lambda: measure_utility(client, server, victims, evaluation.query_grid, seed, salt, display),
    )

    answering = server if Observes.REPLY in cell.attack.threat.observes else None
    transcript_folder = store.transcript(cell.transcript_address)
    traffic = record_traffic(client, answering, roles.test, key_for, seed, transcript_folder, display)

    display.say(f"attacking with {cell.attack.name}")
    attacked = time.monotonic()
    axes = (seed, "attack", cell.attack.name)
    attacker = FabricTrainer(fabric, store.networks(cell.attacker_address), axes, display)
    with seeded_torch(*axes):
        held = Confinement.of(cell.request, evaluation.precision, store)
        verdict = attack_transcript(cell.attack, client, traffic, networks, roles, attacker, axes, held)
    attack_seconds = time.monotonic() - attacked

    cell.folder.mkdir(parents=True, exist_ok=True)
    record = Record(
        unveil_version=bench.__version__,
        cell=cell.address,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=cell.request.command,
        status=verdict.status,
        reason=verdict.reason,
        preset=cell.request.preset,
        seed=seed,
        settings=config.plain(evaluation),
        defense=entries.defense_entry(cell, networks),
        attack=entries.attack_entry(cell),
        data=entries.data_entry(cell, cohort, roles),
        utility=measured.utility,
        privacy=verdict.privacy,
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
        pictures=_draw(cell, client, server, victims, key_for, networks, measured.utility),
        warnings=entries.warnings_about(cohort, roles),
    )
    path = cell.folder / RECORD_NAME
    write_record(record, path)
    return Outcome(record, path, known=False)


@contextmanager
def seeded_torch(*axes: str | int) -> Iterator[None]:
    """Torch's global generator (initial weights, library code) seeded by named axes, and restored afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seeds.seed(*axes))
        yield


def _first(cohort: Cohort, count: int | None) -> Cohort:
    return cohort.only(cohort.scans[:count])


def _draw(
    cell: Cell,
    client: Client,
    server: Server,
    victims: Cohort,
    key_for: KeyFor,
    networks: Networks,
    utility: Utility,
) -> list[str]:
    scan = victims.scans[0]
    rows = panels_for(client, server, scan, key_for(scan, 0), networks)
    title = f"{cell.defense.name} on {cell.dataset.name}, {cell.request.preset}, seed {cell.request.seed}"
    draw_panels(rows, victims.classes, title, cell.folder / "steps.png")
    pictures = ["steps.png"]
    if len(utility.dice_by_queries) > 1:
        points = [(float(point.queries), point.dice) for point in utility.dice_by_queries]
        draw_curve(points, "queries K", title, cell.folder / "dice-by-queries.png")
        pictures.append("dice-by-queries.png")
    if utility.dice_by_dial is not None:
        dial = utility.dice_by_dial
        along = f"{dial.name} (one query)"
        draw_curve([(p.value, p.dice) for p in dial.points], along, title, cell.folder / f"dice-by-{dial.name}.png")
        pictures.append(f"dice-by-{dial.name}.png")
    return pictures
