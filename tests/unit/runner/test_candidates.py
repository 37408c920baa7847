"""About whom membership is asked, and what whoever asks may know."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch

from bench.attack import Attack
from bench.attacks.membership_lira import MembershipLira
from bench.attacks.reid_ncc import ReidNcc
from bench.config import build
from bench.defenses.external.external import External
from bench.defenses.no_proxy import NoProxy
from bench.errors import BenchError, GrantError
from bench.runner.attack.candidates import candidates_of, require_fair, require_truth
from bench.types.claim import Membership
from bench.types.scan import Roles
from bench.types.threat import Goal, Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView
from tests.brought import write_method


def test_half_are_of_the_train_role_and_half_of_the_test_role(roles: Roles) -> None:
    asked = candidates_of(roles, 0, "secret")
    trained, strangers = set(roles.train.subjects), set(roles.test.subjects)
    assert len(asked) == len(asked.cohort) == 2 * min(len(trained), len(strangers))
    assert sum(asked.members) == len(asked) // 2
    for scan, member in zip(asked.scans, asked.members, strict=True):
        assert scan.subject in (trained if member else strangers)
    assert len({scan.subject for scan in asked.scans}) == len(asked)


def test_the_attacker_gets_images_and_labels_and_no_name(roles: Roles) -> None:
    asked = candidates_of(roles, 0, "secret")
    for shown, own in zip(asked.cohort, asked.scans, strict=True):
        assert torch.equal(shown.image, own.image)
        assert torch.equal(shown.labels, own.labels)
    known = {scan.subject for scan in (*roles.train, *roles.test)}
    assert not any(name in text for text in map(str, (s.name for s in asked.cohort)) for name in known)
    assert [scan.name for scan in asked.cohort] == sorted(scan.name for scan in asked.cohort)
    assert {scan.session for scan in asked.cohort} == {"1"}


def test_the_order_follows_from_seed_and_secret_alone(roles: Roles) -> None:
    one, same = candidates_of(roles, 0, "secret"), candidates_of(roles, 0, "secret")
    assert one.members == same.members
    others = [candidates_of(roles, 1, "secret").members, candidates_of(roles, 0, "another").members]
    assert all(one.members != other for other in others)
    turned = replace(roles, train=roles.test, test=roles.train)
    assert sum(candidates_of(turned, 0, "secret").members) == sum(one.members)


def test_one_person_is_too_few(roles: Roles) -> None:
    one = roles.train.only(roles.train.scans[:1])
    with pytest.raises(BenchError, match=r"who have 1 and 8; add people or change `shares`"):
        candidates_of(replace(roles, train=one), 0, "secret")


@dataclass(frozen=True, kw_only=True)
class Curious(Attack):
    """Asks about membership with more than it may have."""

    name: ClassVar[str] = "curious"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.MEMBERSHIP
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.IGNORANT)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def run(self, view: AttackerView, trainer: Trainer) -> Membership:
        raise AssertionError


@pytest.mark.parametrize(
    "grants",
    [
        {"observes": frozenset({Observes.RELEASE})},
        {"observes": frozenset({Observes.REPLY}), "owns": frozenset({Owns.CANDIDATES})},
        {"knows": frozenset({Knows.REFERENCE_POOL})},
        {"knows": frozenset({Knows.KEYS})},
    ],
)
def test_a_card_that_gives_the_answer_away_is_refused(grants: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Curious, "threat", ThreatModel(tier=Tier.ORACLE, **grants))
    with pytest.raises(GrantError, match="tells of people whose role is known"):
        require_fair(Curious())


def test_other_goals_may_have_what_they_had() -> None:
    require_fair(ReidNcc())
    require_fair(MembershipLira())


def test_nobody_knows_on_whom_a_method_was_trained_elsewhere(tmp_path: Any) -> None:
    brought = build(External, {"manifest": str(write_method(tmp_path))})
    with pytest.raises(BenchError, match=r"external was trained elsewhere.*choose a defense that the suite trains"):
        require_truth(MembershipLira(), brought)
    require_truth(ReidNcc(), brought)
    require_truth(MembershipLira(), NoProxy())


def test_running_the_training_code_is_not_for_the_ignorant() -> None:
    with pytest.raises(ValueError, match="tier T2 or above, got T1"):
        ThreatModel(tier=Tier.KNOWS_DISTRIBUTION, knows=frozenset({Knows.TRAINING_CODE}))


def test_memory_tells_nothing(roles: Roles) -> None:
    """Scans of one cohort lie in one file, role after role."""
    asked = candidates_of(roles, 0, "secret")
    for bare, scan in zip(asked.cohort, asked.scans, strict=True):
        assert torch.equal(bare.image, scan.image)
        assert bare.image.data_ptr() != scan.image.data_ptr()
        assert bare.labels.data_ptr() != scan.labels.data_ptr()
