"""How much an attack is let at: what takes long is done on fewer people and along fewer things, as the record shows."""

from bench.attack import Attack
from bench.config import Evaluation
from bench.runner.traffic.recording import Traffic
from bench.types.threat import Goal, Knows, Phase


def asked_of(attack: Attack, traffic: Traffic, people: int | None, secret: str) -> Traffic:
    """The traffic as this attack is asked about it: a costly reconstruction is wanted of so many people only.

    Args:
        people: None for all.
        secret: the hospital's, which decides who they are.
    """
    if people is None or not attack.costly or attack.goal is not Goal.RECONSTRUCTION:
        return traffic
    return traffic.asked(people, secret)


def key_sets(attack: Attack, evaluation: Evaluation) -> int:
    """Under how many sets of keys it is let at the traffic: once where membership is the goal, which asks the server
    and not the traffic.
    """
    return 1 if attack.goal is Goal.MEMBERSHIP else evaluation.key_repetitions


def left_out(attack: Attack, evaluation: Evaluation) -> list[str]:
    """Along what leakage is not measured though it might be, in words for the record."""
    kept = {"queries": along_queries(attack, evaluation), "dial": along_dial(attack, evaluation)}
    return [name for name, measured in kept.items() if not measured]


def along_queries(attack: Attack, evaluation: Evaluation) -> bool:
    """Whether leakage is measured at fewer queries than were sent.

    Never for an attacker who runs the client's code: that sends all queries, so that what it trained on them would be
    asked about fewer, and the curve would show its surprise instead of the leakage.
    """
    return Knows.CLIENT_CODE not in attack.threat.knows and (evaluation.costly_sweeps or not attack.costly)


def along_dial(attack: Attack, evaluation: Evaluation) -> bool:
    """Whether leakage is measured at every value of the defense's dial.

    An attacker who runs the client's code trains for the defense that it meets, so every value would take a training.
    Never in training, which has no dial.
    """
    if attack.threat.phase is Phase.TRAINING:
        return False
    return evaluation.costly_sweeps or not (attack.costly or Knows.CLIENT_CODE in attack.threat.knows)
