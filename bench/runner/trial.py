"""An attack's turn: first the leaks whose answer is known, then the traffic."""

from dataclasses import replace

from lightning_fabric import Fabric

from bench.progress import Display
from bench.records.files import made_once
from bench.records.privacy import Validity
from bench.records.schema import Status
from bench.runner.attack.attempts import Attempts, Findings
from bench.runner.attack.confinement import Confinement, LostAttack
from bench.runner.cell import Cell
from bench.runner.deploy import Deployed
from bench.runner.exposure import Exposed
from bench.runner.leakage.validity import address_of, at_smoke_size, check_attack
from bench.store import Store


def attempts_of(cell: Cell, deployed: Deployed, fabric: Fabric, store: Store, display: Display) -> Attempts:
    """The cell's attack with a place for whatever it trains."""
    return Attempts(
        attack=cell.attack,
        fabric=fabric,
        folder=store.networks(cell.attacker_address(deployed.weights)),
        own_data=store.networks(cell.prior_address),
        informed=store.networks(cell.informed_address(deployed.weights)),
        seed=cell.request.seed,
        held=Confinement.of(cell.request, cell.evaluation.precision, store, cell.defense),
        display=display,
    )


def put_to_trial(
    attempts: Attempts, deployed: Deployed, exposed: Exposed, store: Store
) -> tuple[Validity | None, Findings]:
    """What it finds in the traffic, once it has found every planted leak; None if it was lost among those."""
    try:
        validity = _known_answers(attempts, deployed, store)
    except LostAttack as lost:
        return None, Findings(lost.status, lost.reason, ())
    if not validity.passed:
        missed = "; ".join(f"{name}: {leak.reason}" for name, leak in validity.leaks.items() if not leak.passed)
        return validity, Findings(Status.INVALID, f"missed a planted leak, so it proves nothing ({missed})", ())
    attempts.display.say(f"attacking with {attempts.attack.name}")
    found = attempts.over(deployed.client, exposed.repetitions, deployed.networks, deployed.roles)
    return validity, found


def _known_answers(attempts: Attempts, deployed: Deployed, store: Store) -> Validity:
    """The attack at smoke size on every planted leak; the same for all defenses, so looked up where it was made.

    Raises:
        LostAttack: it failed on one, or took too long.
    """
    small = at_smoke_size(attempts.attack)
    address = address_of(small, attempts.held.precision)
    place = store.networks(address)
    checks = replace(
        attempts, attack=small, folder=place, own_data=place / "own data", informed=place / "informed", seed=0
    )
    return made_once(
        store.validity(address),
        Validity,
        lambda: check_attack(checks, store.cohorts, store.transcript(address), deployed.client.device),
    )
