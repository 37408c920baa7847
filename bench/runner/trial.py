"""An attack's turn: first the leaks whose answer is known, then the traffic."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Checked:
    """How the attack did on what is known to leak.

    Attributes:
        validity: None if it was lost there.
        failure: what the whole cell comes to; None if the attack found every leak and may go on.
    """

    validity: Validity | None
    failure: Findings | None


def check_known_answers(cell: Cell, fabric: Fabric, store: Store, display: Display) -> Checked:
    """The attack at smoke size on every planted leak; the same for all defenses, so looked up where it was made.

    It takes neither data nor defense, so it comes first: whoever writes an attack need not wait to hear of a mistake.
    """
    small = at_smoke_size(cell.attack, cell.request.preset)
    address = address_of(small, cell.evaluation.precision)
    place = store.networks(address)
    held = Confinement.of(cell.request, cell.evaluation.precision, store, cell.defense)
    attempts = Attempts(
        attack=small,
        fabric=fabric,
        folder=place,
        own_data=place / "own data",
        informed=place / "informed",
        seed=0,
        held=held,
        display=display,
    )
    try:
        validity = made_once(
            store.validity(address),
            Validity,
            lambda: check_attack(attempts, store.cohorts, store.transcript(address), fabric.device),
        )
    except LostAttack as lost:
        return Checked(None, Findings(lost.status, lost.reason, ()))
    if validity.passed:
        return Checked(validity, None)
    missed = "; ".join(f"{name}: {leak.reason}" for name, leak in validity.leaks.items() if not leak.passed)
    reason = f"missed a planted leak, so it proves nothing ({missed})"
    return Checked(validity, Findings(Status.INVALID, reason, ()))


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


def attack(attempts: Attempts, deployed: Deployed, exposed: Exposed) -> Findings:
    """What it makes of the traffic."""
    attempts.display.say(f"attacking with {attempts.attack.name}")
    return attempts.over(deployed.client, exposed.repetitions, deployed.networks, deployed.roles)
