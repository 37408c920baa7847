"""How much an attack is let at: what takes long is done on fewer people and along fewer things, as the record shows."""

from bench.attack import Attack
from bench.config import Evaluation
from bench.runner.traffic.recording import Traffic
from bench.types.threat import Goal, Knows


def asked_of(attack: Attack, traffic: Traffic, people: int | None) -> Traffic:
    """The traffic as this attack is asked about it: a costly reconstruction is wanted of so many people only.

    Args:
        people: None for all.
    """
    if people is None or not attack.costly or attack.goal is not Goal.RECONSTRUCTION:
        return traffic
    return traffic.asked(people)


def along_queries(attack: Attack, evaluation: Evaluation) -> bool:
    """Whether leakage is measured at fewer queries than were sent."""
    return evaluation.costly_sweeps or not attack.costly


def along_dial(attack: Attack, evaluation: Evaluation) -> bool:
    """Whether leakage is measured at every value of the defense's dial.

    An attacker who runs the client's code trains for the defense that it meets, so every value would take a training.
    """
    return evaluation.costly_sweeps or not (attack.costly or Knows.CLIENT_CODE in attack.threat.knows)
