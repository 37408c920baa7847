"""What an attack's card lets it see of a deployed defense, recorded before the attack begins."""

from dataclasses import dataclass
from pathlib import Path

from bench.progress import Display
from bench.runner.cell import Cell
from bench.runner.deploy import Deployed
from bench.runner.leakage.extent import asked_of, key_sets
from bench.runner.traffic.parties import Server
from bench.runner.traffic.recording import KeyFor, Traffic, key_source, record_repetitions
from bench.runner.traffic.training import training_key_source, training_traffic
from bench.store import Store
from bench.types.threat import Observes, Phase


@dataclass(frozen=True, eq=False, kw_only=True)
class Exposed:
    """The traffic in sight.

    Attributes:
        repetitions: the same scans under several sets of keys.
        key_for: the keys it was sent under, for whoever scores.
        answering: the server, if the card observes its replies.
        folder: for the traffic of this defense.
    """

    repetitions: tuple[Traffic, ...]
    key_for: KeyFor
    answering: Server | None
    folder: Path


def expose(cell: Cell, deployed: Deployed, store: Store, display: Display) -> Exposed:
    """Send the test scans as the client would, or the training scans where the card observes training."""
    client, roles, seed = deployed.client, deployed.roles, cell.request.seed
    answering = deployed.server if Observes.REPLY in cell.attack.threat.observes else None
    folder = store.transcript(cell.transcript_address(deployed.weights))
    if cell.attack.threat.phase is Phase.TRAINING:
        sent = training_traffic(client, roles.train, seed, cell.evaluation.key_repetitions)
        key_for = training_key_source(client, roles.train, seed)
    else:
        sets = key_sets(cell.attack, cell.evaluation)
        sent = record_repetitions(client, answering, roles.test, seed, folder, display, sets)
        key_for = key_source(client, seed)
    people = cell.evaluation.costly_people
    repetitions = tuple(asked_of(cell.attack, traffic, people, client.secret) for traffic in sent)
    return Exposed(repetitions=repetitions, key_for=key_for, answering=answering, folder=folder)
