"""Who is let at what."""

from typing import ClassVar

import pytest

from bench.config import Evaluation
from bench.runner.leakage.extent import along_dial, along_queries, asked_of, key_sets, left_out
from bench.runner.traffic.recording import Traffic
from bench.types.scan import Roles
from bench.types.threat import Goal, Knows, ThreatModel, Tier
from bench.types.traffic import Transcript
from tests.unit.runner.strangers import Doing


class Costly(Doing):
    costly: ClassVar[bool] = True


class CostlyReconstruction(Costly):
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION


class Informed(Doing):
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.SEMI_INFORMED, knows=frozenset({Knows.CLIENT_CODE}))


@pytest.mark.parametrize(
    ("attack", "queries", "dial"), [(Doing, True, True), (Costly, False, False), (Informed, False, False)]
)
def test_what_takes_long_is_left_out_unless_asked_for(attack: type[Doing], queries: bool, dial: bool) -> None:
    made = attack(deed=lambda view: None)
    assert (along_queries(made, Evaluation()), along_dial(made, Evaluation())) == (queries, dial)
    missing = left_out(made, Evaluation())
    assert missing == [name for name, there in (("queries", queries), ("dial", dial)) if not there]
    everything = Evaluation(costly_sweeps=True)
    assert along_dial(made, everything)
    assert along_queries(made, everything) == (attack is not Informed)  # it trained on as many as are sent


@pytest.mark.parametrize(("attack", "count"), [(Doing, None), (Costly, None), (CostlyReconstruction, 3)])
def test_only_a_costly_reconstruction_is_asked_of_some(attack: type[Doing], count: int | None, roles: Roles) -> None:
    traffic = Traffic(Transcript([]), roles.test.scans)
    made = attack(deed=lambda view: None)
    wanted = asked_of(made, traffic, 3, "a secret").wanted
    assert (None if wanted is None else len(wanted)) == count
    assert asked_of(made, traffic, None, "a secret") is traffic


class Telling(Doing):
    goal: ClassVar[Goal] = Goal.MEMBERSHIP


def test_membership_is_asked_of_the_server_so_once_whatever_the_keys() -> None:
    evaluation = Evaluation(key_repetitions=4)
    assert key_sets(Doing(deed=lambda view: None), evaluation) == 4
    assert key_sets(Telling(deed=lambda view: None), evaluation) == 1
