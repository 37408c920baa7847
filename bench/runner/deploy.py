"""A defense in place: trained on its role of the cohort, with its two parties at work."""

from dataclasses import dataclass
from typing import Any

from lightning_fabric import Fabric

from bench.data.cached import load_cached
from bench.data.roles import data_secret, split
from bench.defense import Defense, Networks
from bench.progress import Display
from bench.runner.attack.asked_traits import require_traits
from bench.runner.attack.candidates import require_truth
from bench.runner.cell import Cell
from bench.runner.traffic.contract import checked_networks, held_to
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.training import require_labels
from bench.runner.weights import weights_hash
from bench.store import Store
from bench.trainer.loop import FabricTrainer
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Cohort, Roles


@dataclass(frozen=True, eq=False, kw_only=True)
class Deployed:
    """Who is there before anybody attacks.

    Attributes:
        weights: hash of the networks.
        client: has the references of the pool that the settings name, and the hospital's secret.
    """

    cohort: Cohort
    roles: Roles
    networks: Networks
    weights: str
    client: Client
    server: Server


def require_askable(cell: Cell) -> None:
    """Refuse what no data can answer.

    Raises:
        BenchError: the attack asks for what this defense does not have.
    """
    require_truth(cell.attack, cell.defense)
    require_labels(cell.attack, cell.defense)


def gather(cell: Cell, store: Store, display: Display) -> tuple[Cohort, Roles]:
    """The people, each in one role.

    Raises:
        BenchError: the attack asks for what this cohort cannot answer, or the data must be mended.
    """
    display.say(f"loading {cell.dataset.name}")
    cohort = load_cached(cell.dataset, cell.request.root, cell.evaluation.grid, store.cohorts)
    roles = split(cohort, cell.evaluation.shares)
    require_traits(cell.attack, cohort, roles)
    return cohort, roles


def deploy(cell: Cell, cohort: Cohort, roles: Roles, fabric: Fabric, store: Store, display: Display) -> Deployed:
    """Train the defense where it is not trained yet, and hand each party what is its own.

    Raises:
        BenchError: the defense breaks its contract.
        InterruptedTraining: stopped from outside; the same call continues.
    """
    networks = _trained(cell.defense, roles, cell, fabric, store, display)
    pools = {"private": roles.references, "train": roles.train, "public": roles.auxiliary}
    references = pools[cell.evaluation.reference_pool].first_visits().scans
    return Deployed(
        cohort=cohort,
        roles=roles,
        networks=networks,
        weights=weights_hash(networks.client, networks.server),
        client=Client(cell.defense, networks.client, references, fabric.device, data_secret(cohort)),
        server=Server(cell.defense, networks.server, fabric.device),
    )


def _trained(
    defense: Defense[Any], roles: Roles, cell: Cell, fabric: Fabric, store: Store, display: Display
) -> Networks:
    axes = (cell.request.seed, "train", defense.family)
    trainer = FabricTrainer(fabric, store.networks(cell.training_address), axes, display)
    with seeded_torch(*axes), held_to(defense, "fit"):
        return checked_networks(defense, defense.fit(roles.train, trainer))
