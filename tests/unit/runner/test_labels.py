"""Label maps as a claim: what is refused, how they are judged, their controls, and what is said about alpha."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.attacks.mixtures.decoding import decode
from bench.defenses.mixup.variants import MixupNaiveTTA
from bench.progress import Display
from bench.records.privacy import Control
from bench.runner.attack.claims import plain_claim
from bench.runner.attack.contract import checked_claim
from bench.runner.leakage.alpha_error import ALPHA_ERROR, alpha_error
from bench.runner.leakage.judge import Judge
from bench.runner.leakage.label_controls import MEANINGS, label_controls, most_frequent
from bench.runner.leakage.linking import against_true_labels, true_labels
from bench.runner.leakage.overlap import overlap, recovered_labels
from bench.runner.leakage.planted import IntensityServer
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import Traffic, key_source, record_repetitions
from bench.types.claim import LabelMaps, Linkage
from bench.types.scan import Roles
from bench.types.threat import Goal
from tests.conftest import toy_cohort

CPU = torch.device("cpu")
SHAPE = (2, 3, 4)


def _zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (_zeros(3, *SHAPE), r"must have the shape \(5, 2, 3, 4\), one map a scan, got \(3, 2, 3, 4\)"),
        (_zeros(5, *SHAPE) + 4, "classes 0 to 3, got 4"),
    ],
)
def test_label_maps_that_fit_nothing_are_refused(labels: torch.Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked_claim(Goal.LABELS, LabelMaps(labels), 5, SHAPE, 4)


def test_a_claim_for_another_goal_is_refused() -> None:
    with pytest.raises(TypeError, match="goal labels must return LabelMaps, got Linkage"):
        checked_claim(Goal.LABELS, Linkage(torch.zeros(5, 5)), 5, SHAPE, 4)


def test_a_claim_loses_everything_but_data_on_its_way_to_the_scorer() -> None:
    labels = torch.randint(0, 4, (2, *SHAPE), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    found = plain_claim(LabelMaps(labels, {"alpha": [0.5, 0.25]}))
    assert isinstance(found, LabelMaps)
    assert torch.equal(found.labels, labels)
    assert found.labels.dtype == torch.uint8
    assert found.details == {"alpha": [0.5, 0.25]}


@pytest.fixture(scope="module")
def client(roles: Roles) -> Client:
    defense = MixupNaiveTTA(queries=3, alpha_test="fixed", alpha_value=0.7)
    return Client(defense, nn.Identity(), roles.references.scans, CPU)


class Honest(nn.Module):
    """Answers with the bands of intensity of the toys: soft enough to be unsure where shells meet."""

    def __init__(self, roles: Roles) -> None:
        super().__init__()
        self.bands = IntensityServer.of(roles.train)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.bands(x)
        return found


@pytest.fixture(scope="module")
def repetitions(roles: Roles, client: Client, tmp_path_factory: pytest.TempPathFactory) -> tuple[Traffic, ...]:
    server = Server(client.defense, Honest(roles), CPU)
    folder = tmp_path_factory.mktemp("sent")
    return record_repetitions(client, server, roles.test, 0, folder, Display(quiet=True), repetitions=2)


@pytest.fixture(scope="module")
def judge(roles: Roles, client: Client, repetitions: Sequence[Traffic]) -> Judge:
    recovered = recovered_labels(client, repetitions, key_source(client, 0))
    return Judge(
        goal=Goal.LABELS, scans=repetitions[0].scans, auxiliary=roles.auxiliary, device=CPU, recovered=recovered
    )


@pytest.fixture(scope="module")
def found(roles: Roles, repetitions: Sequence[Traffic], judge: Judge) -> dict[str, Control]:
    return label_controls(repetitions, roles.auxiliary, judge.recovered, (0, "attack"), judge.maps)


def _value(control: Control, score: str) -> float:
    value = control.scores[score].value
    assert value is not None
    return value


def test_true_labels_are_perfect_and_find_everybody(found: dict[str, Control]) -> None:
    assert all(_value(found["oracle-key"], name) == 1 for name in ("map", "dice", "dice_outer", "dice_inner"))


def test_the_population_and_other_people_find_nobody(found: dict[str, Control]) -> None:
    for blind in ("atlas", "random-other"):
        low = found[blind].scores["map"].low
        assert low is not None
        assert low < 0.24  # chance with 16 scans of 8 people is .22
        assert _value(found[blind], "dice") < 1


def test_other_people_are_the_same_however_many_sets_of_keys_there_are(
    roles: Roles, repetitions: Sequence[Traffic], judge: Judge, found: dict[str, Control]
) -> None:
    once = label_controls(repetitions[:1], roles.auxiliary, judge.recovered, (0, "attack"), judge.maps)
    for name in ("map", "dice"):
        assert once["random-other"].scores[name] == found["random-other"].scores[name]


def test_what_the_client_recovers_agrees_with_itself(found: dict[str, Control]) -> None:
    assert _value(found["recovered"], "dice_recovered") == 1
    assert 0 < _value(found["recovered"], "dice") < 1
    assert _value(found["oracle-key"], "dice_recovered") == pytest.approx(_value(found["recovered"], "dice"))


def test_every_control_says_what_it_is(found: dict[str, Control]) -> None:
    assert {name: control.meaning for name, control in found.items()} == dict(MEANINGS)


def test_without_replies_there_is_nothing_to_recover(roles: Roles, client: Client, tmp_path: Path) -> None:
    sent = record_repetitions(client, None, roles.test, 0, tmp_path, Display(quiet=True), repetitions=1)
    assert recovered_labels(client, sent, key_source(client, 0)) == ()
    judge = Judge(goal=Goal.LABELS, scans=sent[0].scans, auxiliary=roles.auxiliary, device=CPU)
    found = label_controls(sent, roles.auxiliary, (), (0, "attack"), judge.maps)
    assert set(found) == {"atlas", "random-other", "oracle-key"}
    assert "dice_recovered" not in found["atlas"].scores


def test_an_attack_is_judged_as_its_controls_are(judge: Judge, found: dict[str, Control]) -> None:
    claims = [LabelMaps(true_labels(judge.scans))]
    scores = judge.scores(claims, judge.linkages(claims), (0, "attack", "control", "oracle-key"))
    assert {name: score.value for name, score in scores.items()} == found["oracle-key"].scores
    assert scores["map"].chance is not None
    assert scores["dice"].chance is None
    assert judge.gallery(claims[0]) == "label map against true label maps, own scan left out"


def test_a_class_that_is_nowhere_has_no_dice(roles: Roles) -> None:
    scans = [replace(scan, labels=scan.labels.clamp(max=2)) for scan in roles.test]
    maps = true_labels(scans)
    scores = overlap([maps], scans, roles.test.classes, (), (0, "x"))
    assert scores["dice_inner"].value is None
    assert scores["dice"].value == 1


def test_people_differ_by_their_labels(roles: Roles) -> None:
    scores = against_true_labels(true_labels(roles.test.scans), roles.test.scans, CPU)
    assert torch.allclose(scores.diagonal(), torch.ones(len(scores)))
    assert float(scores[0, 1]) > float(scores[0, 2])  # the other visit, somebody else


def test_the_most_frequent_class_is_counted() -> None:
    own = toy_cohort(range(3), visits=1)
    labels = torch.stack([scan.labels for scan in own])
    voxel = tuple((labels != labels[0]).any(0).nonzero()[0].tolist())
    counted = np.bincount([int(one[voxel]) for one in labels])
    assert int(most_frequent(own)[0][voxel]) == int(counted.argmax())


def test_the_planted_server_names_classes_as_the_cohort_does(roles: Roles) -> None:
    server = IntensityServer.of(roles.train)
    assert server.centres.tolist() == pytest.approx([0.0, 0.3, 0.6, 0.9], abs=0.01)  # type: ignore[operator,union-attr]


def test_alpha_is_compared_with_the_keys(client: Client, repetitions: Sequence[Traffic]) -> None:
    count = len(repetitions[0].scans)
    said = [LabelMaps(_zeros(count, 1, 1, 1), {"alpha": [alpha] * count}) for alpha in (0.6, 0.9)]
    score = alpha_error(said, repetitions, key_source(client, 0), (0, "x"))[ALPHA_ERROR]
    assert score.value.value == pytest.approx((0.1 + 0.2) / 2)
    assert not score.higher_is_worse
    assert score.chance is None


@pytest.mark.parametrize("said", [None, 0.5, [0.5], "0.5", [None] * 16, [[0.5]] * 16, [1.5] * 16])
def test_what_is_no_alpha_for_every_release_is_not_scored(
    client: Client, repetitions: Sequence[Traffic], said: Any
) -> None:
    claims = [LabelMaps(_zeros(16, 1, 1, 1), {"alpha": said})] * 2
    assert alpha_error(claims, repetitions, key_source(client, 0), (0, "x")) == {}


def test_keys_without_a_weight_give_no_error(client: Client, repetitions: Sequence[Traffic]) -> None:
    claims = [Linkage(torch.zeros(16, 16), {"alpha": [0.5] * 16})] * 2
    assert alpha_error(claims, repetitions, lambda scan, repetition: object(), (0, "x")) == {}


def test_mixtures_are_decoded_about_as_well_as_the_client_can(
    roles: Roles, repetitions: Sequence[Traffic], judge: Judge, found: dict[str, Control]
) -> None:
    decoded = decode(repetitions[0].transcript.replies, roles.auxiliary)
    assert float(judge.maps([decoded.labels], (0, "x"))["map"].value or 0) > 0.5
