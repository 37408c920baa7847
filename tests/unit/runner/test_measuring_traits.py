"""Traits from end to end: told where they show, not told where they do not, and never handed to an attacker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import nn

from bench.attack import Attack
from bench.attacks.segmap_traits import SegmapTraits
from bench.config import Evaluation
from bench.defense import Networks
from bench.errors import BenchError
from bench.progress import Display
from bench.records.privacy import Privacy
from bench.records.schema import Status
from bench.runner.attack.asked_traits import asked_traits, require_traits
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.candidates import candidates_of
from bench.runner.attack.claims import plain_claim
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.contract import checked_claim
from bench.runner.leakage.measure import measure_leakage
from bench.runner.leakage.memory import ByHeart
from bench.runner.leakage.planted import Identity
from bench.runner.leakage.trait_checks import CERTAIN
from bench.runner.leakage.traits import tell_traits
from bench.runner.leakage.validity import check_attack
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import Traffic, record_traffic
from bench.trainer.devices import make_fabric
from bench.types.claim import Attribute, Linkage
from bench.types.scan import Cohort, Roles
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.traffic import Transcript
from bench.types.training import History, Trainer
from bench.types.traits import UNKNOWN, Sex, Traits
from bench.view import AttackerView, view_for
from tests.conftest import toy_cohort

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Saying(Attack):
    """Says of the releases what it is told to."""

    name: ClassVar[str] = "saying"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.ATTRIBUTE
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))

    say: Callable[[AttackerView], Mapping[str, Sequence[float]]]

    def run(self, view: AttackerView, trainer: Trainer) -> Attribute:
        return Attribute({name: torch.tensor(numbers) for name, numbers in self.say(view).items()})


def _attempts(attack: Attack, folder: Path, *, isolate: bool = False) -> Attempts:
    return Attempts(
        attack=attack,
        fabric=make_fabric("cpu", "32-true"),
        folder=folder / "run",
        own_data=folder / "prior",
        informed=folder / "informed",
        seed=0,
        held=Confinement(isolate=isolate, places={folder: "the suite's cache"}),
        display=Display(quiet=True),
    )


def _sent(roles: Roles, folder: Path) -> tuple[Client, Server, Networks, Traffic]:
    """The scans themselves, and the true label maps as answers."""
    known = roles.test.only((*roles.test.scans, *roles.auxiliary.scans))
    networks = Networks(nn.Identity(), ByHeart(known, CERTAIN), History())
    client = Client(Identity(), networks.client, (), CPU, "secret")
    server = Server(Identity(), networks.server, CPU)
    return client, server, networks, record_traffic(client, server, roles.test, 0, folder, Display(quiet=True))


def _privacy(roles: Roles, folder: Path) -> Privacy:
    client, server, networks, traffic = _sent(roles, folder / "traffic")
    attempts = _attempts(SegmapTraits(), folder)
    found = attempts.over(client, [traffic], networks, roles)
    assert found.status is Status.OK, found.reason
    return measure_leakage(
        found.claims,
        attempts,
        client,
        server,
        [traffic],
        networks,
        roles,
        evaluation=Evaluation(),
        dial_folder=folder / "dial",
        cell_folder=folder,
        display=Display(quiet=True),
    )


def test_true_label_maps_tell_sex_and_the_record_says_so(roles: Roles, tmp_path: Path) -> None:
    found = _privacy(roles, tmp_path)
    assert found.headline == "worst_trait"
    assert list(found.scores) == ["worst_trait", "age_concordance", "age_error_years", "sex_auc"]
    best = max(found.scores["age_concordance"].value.value or 0, found.scores["sex_auc"].value.value or 0)
    assert found.scores["worst_trait"].value.value == best >= 0.9
    assert found.headline_by_key == [best]
    assert found.details["trait that leaks most"] in ("age", "sex")
    assert found.controls.keys() == {"do-nothing", "oracle-key"}
    # The server answers with the truth, so both controls look at the same maps.
    assert found.controls["do-nothing"].scores["sex_auc"].value == found.controls["oracle-key"].scores["sex_auc"].value
    assert (found.verification, found.residual, found.confound, found.linkage) == (None, None, None, None)
    assert Privacy.model_validate_json(found.model_dump_json()) == found


def _claims(numbers: Sequence[float]) -> list[Attribute]:
    return [Attribute({"age": torch.tensor(numbers)})]


def test_years_are_compared_with_always_guessing_ones_own_mean(roles: Roles) -> None:
    scans = roles.test.scans
    truth = [scan.traits.age or 0.0 for scan in scans]
    told = tell_traits(_claims([age + 2 for age in truth]), scans, roles.auxiliary, (0,))
    ages = [scan.traits.age or 0.0 for scan in roles.auxiliary.first_visits()]
    usual = sum(ages) / len(ages)
    error = told.scores["age_error_years"]
    assert error.value.value == pytest.approx(2, abs=1e-5)
    assert error.chance == pytest.approx(sum(abs(age - usual) for age in truth) / len(truth))
    assert not error.higher_is_worse
    assert told.scores["worst_trait"].value.value == 1
    assert told.worst == "age"


def test_whoever_has_no_known_age_is_left_out(roles: Roles) -> None:
    first = roles.test.scans[0].subject
    scans = [replace(scan, traits=UNKNOWN) if scan.subject == first else scan for scan in roles.test.scans]
    numbers = [-1000.0 if scan.subject == first else scan.traits.age or 0.0 for scan in scans]
    told = tell_traits(_claims(numbers), scans, roles.auxiliary, (0,))
    assert told.scores["age_concordance"].value.n == 7
    assert told.scores["age_error_years"].value.value == pytest.approx(0)


def test_the_known_answers_are_passed_and_guessing_passes_none(tmp_path: Path) -> None:
    cohorts = tmp_path / "cohorts"
    found = check_attack(_attempts(SegmapTraits(), tmp_path / "a"), cohorts, tmp_path / "a" / "traffic", CPU)
    assert {name: leak.reason for name, leak in found.leaks.items()} == {"identity": None, "one-brain": None}
    guess = Saying(say=lambda view: {"age": [float(7 * place % 5) for place in range(len(view.releases))]})
    found = check_attack(_attempts(guess, tmp_path / "b"), cohorts, tmp_path / "b" / "traffic", CPU)
    assert "on true label maps, not above chance" in (found.leaks["identity"].reason or "")


def test_the_claim_is_the_same_in_a_process_of_its_own(roles: Roles, tmp_path: Path) -> None:
    client, _, networks, traffic = _sent(roles, tmp_path / "traffic")
    here, there = (
        _attempts(SegmapTraits(), tmp_path / str(own), isolate=own).make(client, traffic, networks, roles)
        for own in (False, True)
    )
    assert isinstance(here.claim, Attribute), here.reason
    assert isinstance(there.claim, Attribute), there.reason
    for trait in ("age", "sex"):
        assert torch.equal(here.claim.predicted[trait], there.claim.predicted[trait])


def test_only_the_attackers_own_people_come_with_their_traits(roles: Roles) -> None:
    everything = frozenset(Owns)
    card = ThreatModel(tier=Tier.ORACLE, owns=everything)
    offers: dict[str, Any] = {"auxiliary": roles.auxiliary, "candidates": candidates_of(roles, 0, "").cohort}
    view = view_for("test", card, Transcript(()), offers, roles.test.classes, 6.0)
    assert {scan.traits for scan in view.candidates} == {UNKNOWN}
    assert [scan.traits for scan in view.auxiliary] == [scan.traits for scan in roles.auxiliary]


@pytest.mark.parametrize(
    ("predicted", "words"),
    [
        ({}, r"of the traits asked about \(age, sex\) none is predicted, got none"),
        ({"height": torch.zeros(4)}, "traits that can be predicted are age, sex, got height"),
        ({"age": torch.zeros(3)}, r"age needs 4 numbers, one a release, got the shape \(3,\)"),
        ({"sex": torch.tensor([0.0, 1.0, float("inf"), 0.0])}, "predictions of sex must be finite, 1 are not"),
    ],
)
def test_predictions_that_fit_nothing_are_refused(predicted: dict[str, torch.Tensor], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_claim(Goal.ATTRIBUTE, Attribute(predicted), 4, (2, 2, 2), 4)


def test_a_claim_for_another_goal_or_about_another_trait_is_refused() -> None:
    with pytest.raises(TypeError, match="goal attribute must return Attribute, got Linkage"):
        checked_claim(Goal.ATTRIBUTE, Linkage(torch.zeros(4, 4)), 4, (2, 2, 2), 4)
    with pytest.raises(ValueError, match=r"asked about \(sex\) none is predicted, got age"):
        checked_claim(Goal.ATTRIBUTE, Attribute({"age": torch.zeros(4)}), 4, (2, 2, 2), 4, traits=("sex",))


def test_a_claim_loses_everything_but_data_on_its_way_to_the_scorer() -> None:
    found = plain_claim(Attribute({"age": torch.tensor([30.0, 40.0])}, {"how": "so"}))
    assert isinstance(found, Attribute)
    assert found.predicted["age"].tolist() == [30, 40]
    assert found.details == {"how": "so"}


def test_traits_that_change_with_the_keys_have_no_mean(roles: Roles, tmp_path: Path) -> None:
    client, _, networks, traffic = _sent(roles, tmp_path / "traffic")
    said = iter(["age", "sex"])
    attack = Saying(say=lambda view: {next(said): [0.0] * len(view.releases)})
    found = _attempts(attack, tmp_path).over(client, [traffic, replace(traffic, repetition=1)], networks, roles)
    assert found.status is Status.FAILED
    assert "traits differ between sets of keys" in (found.reason or "")


def _whole(roles: Roles) -> Cohort:
    return roles.test.only(tuple(scan for _, cohort in roles.items() for scan in cohort))


def test_a_cohort_without_traits_is_refused_and_told_what_to_add(roles: Roles) -> None:
    require_traits(SegmapTraits(), _whole(roles), roles)
    bare = Roles(**{name: cohort.without_traits() for name, cohort in roles.items()})
    with pytest.raises(BenchError, match=r"cohort toy has neither: add columns age or sex \(to participants.tsv"):
        require_traits(SegmapTraits(), _whole(bare), bare)
    alike = Traits(sex=Sex.MALE)
    men = Roles(
        **{name: cohort.only(tuple(replace(scan, traits=alike) for scan in cohort)) for name, cohort in roles.items()}
    )
    with pytest.raises(BenchError, match="2 of either sex, in the auxiliary and the test role; cohort toy has too few"):
        require_traits(SegmapTraits(), _whole(men), men)


def test_a_trait_is_asked_about_where_both_sides_have_it() -> None:
    own, few = toy_cohort(range(12, 16)), toy_cohort(range(16, 18))
    assert asked_traits(own, toy_cohort(range(16, 24)).scans) == ("age", "sex")
    assert asked_traits(own, few.scans) == ()
    assert asked_traits(own.without_traits(), toy_cohort(range(16, 24)).scans) == ()


@pytest.mark.parametrize("settings", [{"cell_mm": 0.0}, {"components": 0}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        SegmapTraits(**settings)
