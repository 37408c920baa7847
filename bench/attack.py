"""The contract of an attack: settings, a threat card, and one method from what it may see to what it claims."""

from abc import ABC, abstractmethod
from typing import ClassVar

from bench.plugin import TEST_ONLY as TEST_ONLY
from bench.plugin import Plugin
from bench.types.claim import Claim
from bench.types.threat import Goal, ThreatModel
from bench.types.training import Trainer
from bench.view import AttackerView


class Attack(Plugin, ABC):
    """Someone who holds what left the hospital.

    Attributes:
        goal: decides how the claim is scored.
        threat: what the view will hold; touching anything else raises.
        costly: it takes so long that leakage along queries and dial is left out unless `Evaluation.costly_sweeps`, and
            that `Evaluation.costly_people` limits of how many people a reconstruction is asked.
    """

    goal: ClassVar[Goal]
    threat: ClassVar[ThreatModel]
    costly: ClassVar[bool] = False

    @abstractmethod
    def run(self, view: AttackerView, trainer: Trainer) -> Claim:
        """The claim about the releases in the view, in their order.

        `trainer` trains whatever the attacker wants to train, on its own data, seeded for this attack. What is trained
        before anything but `view.auxiliary` was touched is kept for all defenses; what is trained before the traffic
        was touched, for every run against this defense.
        """
