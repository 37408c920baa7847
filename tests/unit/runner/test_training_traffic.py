"""What a client sends while the server is trained, and what can be read from it."""

from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import nn

from bench.attacks.decode_output import DecodeOutput
from bench.attacks.decode_training_labels import DecodeTrainingLabels
from bench.config import Evaluation
from bench.defense import Networks
from bench.defenses.mixup.variants import MixupLearned, MixupLearnedTTA
from bench.defenses.no_proxy import NoProxy
from bench.defenses.noise import Noise
from bench.errors import BenchError
from bench.models.segmentation_loss import one_hot
from bench.progress import Display
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.confinement import Confinement
from bench.runner.leakage.alpha_error import ALPHA_ERROR, alpha_error
from bench.runner.leakage.extent import along_dial
from bench.runner.leakage.label_controls import label_controls
from bench.runner.leakage.overlap import DICE_EITHER, either_of_two
from bench.runner.leakage.validity import check_attack
from bench.runner.traffic.parties import Client
from bench.runner.traffic.training import MOST_PEOPLE, require_labels, training_key_source, training_traffic
from bench.trainer.devices import make_fabric
from bench.types.claim import LabelMaps
from bench.types.scan import Cohort, Roles
from bench.types.threat import Goal, Observes, Phase, ThreatModel, Tier
from bench.types.training import History
from tests.conftest import toy_cohort
from tests.unit.runner.strangers import Doing

CPU = torch.device("cpu")
MIXUP = MixupLearned()


def _client(defense: MixupLearned | MixupLearnedTTA | NoProxy = MIXUP) -> Client:
    return Client(defense, nn.Identity(), (), CPU, "secret")


@pytest.fixture(scope="module")
def train() -> Cohort:
    return toy_cohort(range(6))


def test_only_training_scans_are_sent_and_of_some_people_all_visits(train: Cohort) -> None:
    (traffic,) = training_traffic(_client(), train, 0, repetitions=1)
    assert sorted(scan.name for scan in traffic.scans) == sorted(scan.name for scan in train)
    assert [scan.name for scan in traffic.scans] != [scan.name for scan in train]
    many = toy_cohort(range(MOST_PEOPLE + 2), visits=1)
    (bounded,) = training_traffic(_client(), many, 0, repetitions=1)
    assert len({scan.subject for scan in bounded.scans}) == len(bounded.scans) == MOST_PEOPLE


def test_a_scan_is_mixed_with_another_familys_and_the_labels_alike(train: Cohort) -> None:
    (traffic,) = training_traffic(_client(), train, 0, repetitions=1)
    key_for = training_key_source(_client(), train, 0)
    for place, scan in enumerate(traffic.scans):
        key = key_for(scan, 0)
        (reference,) = [other for other in train if torch.equal(other.image, key.images[0])]
        assert reference.family != scan.family
        alpha = float(key.alpha.flatten()[0])
        y_mix = alpha * one_hot(scan.labels[None], 4) + (1 - alpha) * one_hot(reference.labels[None], 4)
        x_mix = alpha * scan.image + (1 - alpha) * reference.image
        assert torch.allclose(traffic.transcript.labels[place].maps, y_mix, atol=1e-3)
        assert torch.allclose(traffic.transcript.releases[place].queries[0], x_mix, atol=1e-3)
    assert len(traffic.transcript.replies) == 0


def test_every_set_of_keys_is_another_and_the_same_again(train: Cohort) -> None:
    one, other = training_traffic(_client(), train, 0, repetitions=2)
    (again,) = training_traffic(_client(), train, 0, repetitions=1)
    first, second, third = (traffic.transcript.labels[0].maps for traffic in (one, other, again))
    assert torch.equal(first, third)
    assert not torch.equal(first, second)
    assert len(training_traffic(_client(NoProxy()), train, 0, repetitions=2)) == 1


def test_training_mixes_with_one_reference_whatever_is_sent_later(train: Cohort) -> None:
    (traffic,) = training_traffic(_client(MixupLearnedTTA(queries=5)), train, 0, repetitions=1)
    assert len(traffic.transcript.releases[0]) == len(traffic.transcript.labels[0]) == 1


def test_without_a_defense_the_labels_are_sent_as_they_are(train: Cohort) -> None:
    (traffic,) = training_traffic(_client(NoProxy()), train, 0, repetitions=1)
    for scan, sent in zip(traffic.scans, traffic.transcript.labels, strict=True):
        assert torch.equal(sent.maps[0].argmax(dim=0).to(torch.uint8), scan.labels)


def test_who_does_not_say_which_labels_it_sends_is_one_line() -> None:
    with pytest.raises(BenchError, match=r"noise does not say which labels .* such as mixup-learned"):
        require_labels(DecodeTrainingLabels(), Noise())
    require_labels(DecodeTrainingLabels(), MIXUP)
    require_labels(DecodeOutput(), Noise())


class Tapping(Doing):
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.IGNORANT, phase=Phase.TRAINING, observes=frozenset({Observes.RELEASE})
    )


def test_only_labels_are_scored_in_training() -> None:
    assert Tapping.goal is Goal.LINKAGE
    with pytest.raises(BenchError, match="only labels are scored there"):
        require_labels(Tapping(deed=lambda view: None), MIXUP)


def test_training_has_no_dial() -> None:
    assert not along_dial(DecodeTrainingLabels(), Evaluation(costly_sweeps=True))
    assert along_dial(DecodeOutput(), Evaluation())


def _claims(roles: Roles, folder: Path, *, isolate: bool = False) -> list[LabelMaps]:
    attempts = Attempts(
        attack=DecodeTrainingLabels(),
        fabric=make_fabric("cpu", "32-true"),
        folder=folder / "run",
        own_data=folder / "prior",
        informed=folder / "informed",
        seed=0,
        held=Confinement(isolate=isolate),
        display=Display(quiet=True),
    )
    sent = training_traffic(_client(), roles.train, 0, repetitions=2)
    networks = Networks(nn.Identity(), nn.Identity(), History())
    found = attempts.over(_client(), sent, networks, roles)
    assert found.reason is None
    return [claim for claim in found.claims if isinstance(claim, LabelMaps)]


def test_alpha_and_a_label_map_are_read_exactly(roles: Roles, tmp_path: Path) -> None:
    """The target's where it weighs more, else the reference's: of one mixture nobody can tell which is which."""
    sent, key_for = training_traffic(_client(), roles.train, 0, 2), training_key_source(_client(), roles.train, 0)
    claims = _claims(roles, tmp_path)
    heavier = 0
    for claim, traffic in zip(claims, sent, strict=True):
        for own, said, scan in zip(claim.labels, claim.details["alpha"], traffic.scans, strict=True):
            key = key_for(scan, traffic.repetition)
            alpha = float(key.alpha.flatten()[0])
            if max(alpha, 1 - alpha) > 0.97:
                continue  # as certain as a voxel that is not mixed
            assert said == pytest.approx(max(alpha, 1 - alpha), abs=5e-3)
            assert torch.equal(own, scan.labels if alpha > 0.5 else key.labels[0])
            heavier += alpha > 0.5
    assert 0 < heavier < 24
    assert either_of_two(claims, sent, key_for, (0, "test"))[DICE_EITHER].value.value == 1
    error = alpha_error(claims, sent, key_for, (0, "test"))[ALPHA_ERROR].value.value
    assert error is not None
    assert 0.1 < error < 0.4  # |1 - 2 alpha| wherever the reference weighs more


def test_either_of_two_needs_one_reference(roles: Roles) -> None:
    (traffic,) = training_traffic(_client(NoProxy()), roles.train, 0, repetitions=1)
    truth = LabelMaps(torch.stack([scan.labels for scan in traffic.scans]))
    assert either_of_two([truth], [traffic], lambda scan, repetition: None, (0, "test")) == {}


def test_doing_nothing_takes_the_heavier_label_of_what_is_sent(roles: Roles) -> None:
    (traffic,) = training_traffic(_client(NoProxy()), roles.train, 0, repetitions=1)
    seen: list[torch.Tensor] = []

    def judged(stack: list[torch.Tensor], axes: tuple[str | int, ...]) -> dict[str, object]:
        seen.append(stack[0])
        return {}

    label_controls([traffic], roles.auxiliary, (), (0, "test"), judged)  # type: ignore[arg-type]
    assert torch.equal(seen[0], torch.stack([scan.labels for scan in traffic.scans]))


def test_the_claim_is_the_same_in_a_process_of_its_own(roles: Roles, tmp_path: Path) -> None:
    here, there = (_claims(roles, tmp_path / str(isolate), isolate=isolate) for isolate in (False, True))
    assert all(torch.equal(one.labels, other.labels) for one, other in zip(here, there, strict=True))


def test_it_passes_the_planted_leaks_that_send_labels(tmp_path: Path) -> None:
    attempts = Attempts(
        attack=DecodeTrainingLabels(),
        fabric=make_fabric("cpu", "32-true"),
        folder=tmp_path / "run",
        own_data=tmp_path / "prior",
        informed=tmp_path / "informed",
        seed=0,
        held=Confinement(),
        display=Display(quiet=True),
    )
    found = check_attack(attempts, tmp_path / "cohorts", tmp_path / "traffic", CPU)
    assert {name: leak.reason for name, leak in found.leaks.items()} == {"identity": None, "alpha-0.95": None}
