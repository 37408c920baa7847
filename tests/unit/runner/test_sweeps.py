"""Leakage along K and along the dial, and whether a shared reference is what is linked."""

from pathlib import Path

import pytest
import torch
from torch import nn

from bench.attack import Attack
from bench.attacks.reid_msssim import ReidMsssim
from bench.defense import Networks
from bench.defenses.mixup.variants import MixupNaiveTTA
from bench.defenses.no_proxy import NoProxy
from bench.leaderboard.page.facts import confound_facts
from bench.progress import Display
from bench.records.parts import Interval
from bench.records.privacy import LeakCurve
from bench.records.schema import Status
from bench.runner.attack.attacking import Verdict
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.confinement import Confinement
from bench.runner.leakage.confound import reference_confound
from bench.runner.leakage.judge import Judge
from bench.runner.leakage.sweeps import leak_by_dial, leak_by_queries
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic, key_source, record_traffic
from bench.trainer.devices import make_fabric
from bench.types.claim import Linkage
from bench.types.scan import Roles
from bench.types.threat import Goal, Observes, ThreatModel, Tier
from bench.types.training import History, Trainer
from bench.view import AttackerView
from tests.unit.runner.strangers import Doing

CPU = torch.device("cpu")
NOTHING = Networks(nn.Identity(), nn.Identity(), History())
WHOLE = Interval(value=0.5, low=0.4, high=0.6, n=8)
AXES = (0, "attack", "test")


def _attempts(attack: Attack, folder: Path) -> Attempts:
    fabric = make_fabric("cpu", "32-true")
    held, display = Confinement(), Display(quiet=True)
    return Attempts(
        attack=attack,
        fabric=fabric,
        folder=folder / "own",
        own_data=folder / "prior",
        informed=folder / "informed",
        seed=0,
        held=held,
        display=display,
    )


def _sent(defense: MixupNaiveTTA | NoProxy, roles: Roles, folder: Path) -> tuple[Client, Traffic]:
    client = Client(defense, nn.Identity(), roles.references.scans, CPU)
    return client, record_traffic(client, None, roles.test, 0, folder / "sent", Display(quiet=True))


def _judge(roles: Roles, traffic: Traffic) -> Judge:
    return Judge(goal=Goal.LINKAGE, scans=traffic.scans, auxiliary=roles.auxiliary, device=CPU)


def _along_queries(attack: Attack, roles: Roles, folder: Path, queries: int = 4) -> LeakCurve | None:
    _, traffic = _sent(MixupNaiveTTA(queries=queries), roles, folder)
    attempts = _attempts(attack, folder)
    return leak_by_queries(
        lambda seen, run: attempts.over(_sent(NoProxy(), roles, folder / run)[0], seen, NOTHING, roles, run),
        attack,
        [traffic],
        WHOLE,
        (1, 3, 9),
        AXES,
        _judge(roles, traffic),
    )


def test_every_budget_below_what_was_sent_is_tried(roles: Roles, tmp_path: Path) -> None:
    seen: list[int] = []

    def count(view: AttackerView) -> Linkage:
        seen.append(len(view.releases[0]))
        return Linkage(torch.rand(len(view.releases), len(view.releases)))

    curve = _along_queries(Doing(deed=count), roles, tmp_path)
    assert seen == [1, 3]
    assert curve is not None
    assert [point.at for point in curve.points] == [1, 3, 4]
    assert curve.points[-1].score == WHOLE


def test_one_query_has_no_curve(roles: Roles, tmp_path: Path) -> None:
    assert _along_queries(ReidMsssim(), roles, tmp_path, queries=1) is None


def test_an_attack_with_a_fixed_budget_has_no_curve(roles: Roles, tmp_path: Path) -> None:
    class Once(Attack):
        threat = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}), queries=1)

        def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
            raise AssertionError

    assert _along_queries(Once(), roles, tmp_path) is None


def test_a_budget_that_breaks_the_attack_is_a_gap_in_the_curve(roles: Roles, tmp_path: Path) -> None:
    def fussy(view: AttackerView) -> Linkage:
        if len(view.releases[0]) == 1:
            raise RuntimeError("one is not enough")
        return Linkage(torch.rand(len(view.releases), len(view.releases)))

    curve = _along_queries(Doing(deed=fussy), roles, tmp_path)
    assert curve is not None
    assert [point.score.value is None for point in curve.points] == [True, False, False]
    assert "one is not enough" in str(curve.points[0].reason)
    assert [point.reason for point in curve.points[1:]] == [None, None]


def test_the_more_of_the_target_the_more_is_found(roles: Roles, tmp_path: Path) -> None:
    defense = MixupNaiveTTA(queries=2, alpha_grid=(0.1, 1.0))
    client, traffic = _sent(defense, roles, tmp_path)
    attempts = _attempts(ReidMsssim(window=5, levels=1), tmp_path)
    curve = leak_by_dial(
        lambda sender, sent, run: attempts.over(sender, sent, NOTHING, roles, run),
        client,
        None,
        roles.test,
        0,
        tmp_path / "dial",
        AXES,
        Display(quiet=True),
        2,
        _judge(roles, traffic),
    )
    assert curve is not None
    assert curve.along == "alpha"
    assert [point.at for point in curve.points] == [0.1, 1.0]
    low, high = (point.score.value for point in curve.points)
    assert low is not None
    assert low < 1
    assert high == 1


@pytest.mark.parametrize(("alpha", "preferred"), [(0.05, 1.0), (1.0, 0.0)])
def test_a_faint_target_is_linked_by_its_reference(
    roles: Roles, tmp_path: Path, alpha: float, preferred: float
) -> None:
    client, traffic = _sent(MixupNaiveTTA(queries=1, alpha_test="fixed", alpha_value=alpha), roles, tmp_path)
    attack = ReidMsssim(window=5, levels=1)
    attempts = _attempts(attack, tmp_path)
    confound = reference_confound(
        lambda more: attempts.make(client, more, NOTHING, roles, "confound"),
        attack,
        client,
        traffic,
        key_source(client, 0),
    )
    assert confound is not None
    assert confound.reference_preferred.value == pytest.approx(preferred, abs=0.25)


def test_an_attack_that_fails_on_borrowed_keys_is_said_to_have_failed(roles: Roles, tmp_path: Path) -> None:
    client, traffic = _sent(MixupNaiveTTA(queries=1), roles, tmp_path)
    lost = Verdict(Status.TIMEOUT, "no claim within 5 s", None)
    confound = reference_confound(lambda more: lost, ReidMsssim(), client, traffic, key_source(client, 0))
    assert confound is not None
    assert confound.reference_preferred.value is None
    assert confound.reason == "no claim within 5 s"
    (fact,) = confound_facts(confound)
    assert fact.detail == "the attack failed here: no claim within 5 s"


def test_without_a_secret_there_is_no_confound(roles: Roles, tmp_path: Path) -> None:
    client, traffic = _sent(NoProxy(), roles, tmp_path)
    assert reference_confound(_never, ReidMsssim(), client, traffic, key_source(client, 0)) is None


def _never(traffic: Traffic) -> Verdict:
    raise AssertionError("nothing should be run")
