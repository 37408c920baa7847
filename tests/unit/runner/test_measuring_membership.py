"""Membership from end to end: what is known by heart is found, what was never seen is not, and the record says so."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from bench.attack import Attack
from bench.attacks import membership_lira
from bench.attacks.membership_lira import MembershipLira, Questions, questions_about
from bench.data.cached import load_cached
from bench.data.roles import data_secret, split
from bench.metrics.confidence import mean_logit
from bench.progress import Display
from bench.records.privacy import Privacy
from bench.records.schema import Status
from bench.runner.attack.attacking import Verdict
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.candidates import candidates_of
from bench.runner.attack.claims import plain_claim
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.contract import checked_claim
from bench.runner.attack.public_training import PublicTraining
from bench.runner.leakage.membership import KEYS, measure_membership
from bench.runner.leakage.memory import SHARES, Memory
from bench.runner.leakage.validity import COHORT, GRID, at_smoke_size, check_attack
from bench.runner.traffic.parties import Client
from bench.runner.traffic.people import pseudonym
from bench.runner.traffic.recording import Traffic
from bench.trainer.devices import make_fabric
from bench.types.claim import Linkage, Membership
from bench.types.scan import Cohort, Roles, Scan
from bench.types.threat import Goal, Knows, Owns, ThreatModel, Tier
from bench.types.traffic import Transcript
from bench.types.training import Trainer
from bench.view import AttackerView, ClientCode

CPU = torch.device("cpu")
NOTHING = Traffic(Transcript(()), ())
LIRA = MembershipLira(shadows=4, mixtures=1)


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded cohort is kept, so that it is made once."""
    return tmp_path_factory.mktemp("cohorts")


@dataclass(frozen=True, kw_only=True)
class Telling(Attack):
    """Says of the candidates what it is told to."""

    name: ClassVar[str] = "telling"
    summary: ClassVar[str] = "for tests"
    source: ClassVar[str] = "tests"
    goal: ClassVar[Goal] = Goal.MEMBERSHIP
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.SEMI_INFORMED, knows=frozenset({Knows.SERVER_WEIGHTS}), owns=frozenset({Owns.CANDIDATES})
    )

    say: Callable[[AttackerView], Sequence[float]]

    def run(self, view: AttackerView, trainer: Trainer) -> Membership:
        return Membership(torch.tensor([float(score) for score in self.say(view)]))


def _sure(view: AttackerView) -> list[float]:
    """One threshold for everybody, without shadow networks."""
    with torch.inference_mode():
        return [float(mean_logit(view.server(scan.image[None])[0], scan.labels)) for scan in view.candidates]


def _guess(view: AttackerView) -> list[float]:
    return [(7 * place) % 5 for place in range(len(view.candidates))]


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


def _verdict(attack: Attack, roles: Roles, learned: Cohort, folder: Path, *, isolate: bool = False) -> Verdict:
    leak = Memory()
    client = Client(leak, nn.Identity(), (), CPU, "secret")
    return _attempts(attack, folder, isolate=isolate).make(client, NOTHING, leak.trained_on(learned, CPU), roles)


def _privacy(attack: Attack, roles: Roles, learned: Cohort, folder: Path) -> Privacy:
    leak, verdict = Memory(), _verdict(attack, roles, learned, folder)
    assert isinstance(verdict.claim, Membership), verdict.reason
    client = Client(leak, nn.Identity(), (), CPU, "secret")
    return measure_membership(verdict.claim, _attempts(attack, folder), client, leak.trained_on(learned, CPU), roles)


def test_who_is_known_by_heart_is_found(roles: Roles, tmp_path: Path) -> None:
    found = _privacy(LIRA, roles, roles.train, tmp_path)
    assert found.headline == "auc"
    assert {name: score.value.value for name, score in found.scores.items()} == {"auc": 1, "advantage": 1}
    assert {name: score.chance for name, score in found.scores.items()} == {"auc": 0.5, "advantage": 0}
    assert found.controls["do-nothing"].scores["auc"].value == 1  # it is as plain as that
    assert (found.verification.genuine, found.verification.impostors) == (6, 6)
    assert found.residual is None
    assert found.details["surer of who was learned, by query"][0] > 1


def test_shadows_learn_everybody_by_two_visits_at_least(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defense that trains on pairs of visits would learn nothing of anybody with one."""
    learned: list[Cohort] = []
    train = PublicTraining.__call__

    def watched(self: PublicTraining, scans: Cohort, run: str, effort: float) -> nn.Module:
        learned.append(scans)
        return train(self, scans, run, effort)

    monkeypatch.setattr(PublicTraining, "__call__", watched)
    _privacy(LIRA, roles, roles.train, tmp_path)
    assert len(learned) >= LIRA.shadows
    for cohort in learned:
        assert any(name.startswith("candidate") for name in cohort.subjects)
        assert min(Counter(scan.subject for scan in cohort).values()) > 1


def test_everybody_is_asked_about_under_the_same_keys(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under keys of their own, what a key hides would outweigh by far what a network remembers."""
    asked: list[tuple[str | int, ...]] = []

    def watched(scan: Scan, client: ClientCode, mixtures: int, axes: tuple[str | int, ...]) -> Questions:
        asked.append(axes)
        return questions_about(scan, client, mixtures, axes)

    monkeypatch.setattr(membership_lira, "questions_about", watched)
    _privacy(LIRA, roles, roles.train, tmp_path)
    networks = LIRA.shadows + 1
    assert len(asked) == networks * len(candidates_of(roles, 0, "secret"))
    assert len(set(asked)) == 1


def test_the_control_asks_about_everybody_under_the_same_keys(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[object] = []
    draw = Client.draw_key

    def drawn(self: Client, rng: np.random.Generator) -> object:
        keys.append(draw(self, rng))
        return keys[-1]

    monkeypatch.setattr(Client, "draw_key", drawn)
    _privacy(Telling(say=_guess), roles, roles.train, tmp_path)
    assert len(keys) == KEYS


def test_a_server_that_saw_nobody_gives_nobody_away(roles: Roles, tmp_path: Path) -> None:
    found = _privacy(LIRA, roles, roles.references, tmp_path)
    for score, chance in (("auc", 0.5), ("advantage", 0.0)):
        value = found.scores[score].value
        assert value.low is not None
        assert value.high is not None
        assert value.low <= chance <= value.high


def test_who_is_accepted_stands_under_hashed_names(tmp_path: Path, cohorts: Path) -> None:
    cohort = load_cached(COHORT, None, GRID, cohorts)
    roles = split(cohort, SHARES)
    asked = candidates_of(roles, 0, "secret")
    telling = Telling(say=lambda view: [float(member) for member in asked.members])
    seen = _privacy(telling, roles, roles.train, tmp_path).verification
    members = {pseudonym(scan.subject, "secret") for scan, m in zip(asked.scans, asked.members, strict=True) if m}
    assert seen.tpr_per_subject == dict.fromkeys(sorted(members), 1.0)
    assert set(seen.fpr_per_subject.values()) == {0.0}
    assert members.isdisjoint(seen.fpr_per_subject)


@pytest.mark.parametrize("attack", [at_smoke_size(MembershipLira(), "paper"), Telling(say=_sure)])
def test_attacks_that_see_pass_the_known_answers(attack: Attack, tmp_path: Path, cohorts: Path) -> None:
    found = check_attack(_attempts(attack, tmp_path), cohorts, tmp_path / "traffic", CPU)
    assert {name: leak.reason for name, leak in found.leaks.items()} == {"by-heart": None, "never-seen": None}


def test_an_attack_that_guesses_does_not_pass(tmp_path: Path, cohorts: Path) -> None:
    found = check_attack(_attempts(Telling(say=_guess), tmp_path), cohorts, tmp_path / "traffic", CPU)
    assert not found.passed
    assert "at least 0.9 is expected" in (found.leaks["by-heart"].reason or "")


@pytest.mark.parametrize("turned", [False, True])
def test_an_attack_that_knows_the_roles_does_not_pass(turned: bool, tmp_path: Path, cohorts: Path) -> None:
    cohort = load_cached(COHORT, None, GRID, cohorts)
    truth = candidates_of(split(cohort, SHARES), 0, data_secret(cohort)).members
    attempts = _attempts(Telling(say=lambda view: [member is not turned for member in truth]), tmp_path)
    found = check_attack(attempts, cohorts, tmp_path / "traffic", CPU)
    assert found.leaks["by-heart"].passed is not turned
    assert "never saw anybody" in (found.leaks["never-seen"].reason or "")


def test_the_claim_is_the_same_in_a_process_of_its_own(roles: Roles, tmp_path: Path) -> None:
    here, there = (
        _verdict(LIRA, roles, roles.train, tmp_path / str(isolate), isolate=isolate) for isolate in (False, True)
    )
    assert isinstance(here.claim, Membership), here.reason
    assert isinstance(there.claim, Membership), there.reason
    assert torch.equal(here.claim.scores, there.claim.scores)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (Membership(torch.zeros(3)), r"needs 12 scores, one a candidate, got the shape \(3,\)"),
        (Membership(torch.full((12,), float("nan"))), "must be finite, 12 are not"),
    ],
)
def test_scores_that_fit_nothing_are_refused(claim: Membership, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_claim(Goal.MEMBERSHIP, claim, 12, (2, 2, 2), 4)


def test_a_claim_for_another_goal_is_refused() -> None:
    with pytest.raises(TypeError, match="goal membership must return Membership, got Linkage"):
        checked_claim(Goal.MEMBERSHIP, Linkage(torch.zeros(5, 5)), 5, (2, 2, 2), 4)


def test_a_claim_loses_everything_but_data_on_its_way_to_the_scorer() -> None:
    found = plain_claim(Membership(torch.tensor([1.0, -2.0]), {"how": "so"}))
    assert isinstance(found, Membership)
    assert found.scores.tolist() == [1, -2]
    assert found.details == {"how": "so"}


def test_other_goals_get_no_clean_scan_of_a_test_person(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Telling, "goal", Goal.LINKAGE)
    verdict = _verdict(Telling(say=_guess), roles, roles.train, tmp_path)
    assert verdict.status is Status.FAILED
    assert "grants candidates, which this run does not have" in (verdict.reason or "")


def test_a_card_that_gives_the_answer_away_is_a_failed_cell(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = ThreatModel(tier=Tier.KNOWN_PLAINTEXTS, knows=frozenset({Knows.REFERENCE_POOL}))
    monkeypatch.setattr(Telling, "threat", card)
    verdict = _verdict(Telling(say=_guess), roles, roles.train, tmp_path)
    assert verdict.status is Status.FAILED
    assert "grants reference_pool, which tells of people whose role is known" in (verdict.reason or "")


@pytest.mark.parametrize("settings", [{"shadows": 3}, {"shadows": 2}, {"effort": 0.0}, {"mixtures": -1}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        MembershipLira(**settings)
