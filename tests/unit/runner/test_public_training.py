"""The defense's training code in the attacker's hands."""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from bench.config import build
from bench.defense import Networks
from bench.defenses.external.external import External
from bench.defenses.mixup.variants import MixupLearned
from bench.defenses.no_proxy import NoProxy
from bench.defenses.privacy_net import PrivacyNet
from bench.records.schema import Status
from bench.runner.attack.attacking import attack_transcript
from bench.runner.attack.learning import Reach, Shelf
from bench.runner.attack.own_pool import own_pool
from bench.runner.attack.public_training import PublicTraining
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic
from bench.types.scan import Roles
from bench.types.threat import Knows, ThreatModel, Tier
from bench.types.traffic import Transcript
from bench.types.training import History
from tests.brought import write_method
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Doing

SMALL = NoProxy(iterations=8, batch_size=1, learning_rate=1e-2, patch=8, widths=(4, 8))


def _weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([weight.flatten() for weight in network.parameters()])


def _training(folder: Path) -> PublicTraining:
    return PublicTraining.of(SMALL, trainer_in(folder), {}, references=0)


def test_one_name_is_one_training_and_another_is_another(roles: Roles, tmp_path: Path) -> None:
    one = _weights(_training(tmp_path / "a")(roles.auxiliary, "one", 1.0).server)
    again = _weights(_training(tmp_path / "b")(roles.auxiliary, "one", 1.0).server)
    other = _weights(_training(tmp_path / "b")(roles.auxiliary, "two", 1.0).server)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_other_scans_under_the_same_name_are_trained_anew(roles: Roles, tmp_path: Path) -> None:
    training = _training(tmp_path)
    one, other = training(roles.auxiliary, "one", 1.0).server, training(roles.train, "one", 1.0).server
    assert not torch.equal(_weights(one), _weights(other))
    assert len(list(tmp_path.rglob("*.pt"))) == 2


def test_what_is_trained_is_found_again(roles: Roles, tmp_path: Path) -> None:
    one = _training(tmp_path)(roles.auxiliary, "one", 1.0).server
    (kept,) = tmp_path.rglob("*.pt")
    written = kept.stat().st_mtime_ns
    assert torch.equal(_weights(_training(tmp_path)(roles.auxiliary, "one", 1.0).server), _weights(one))
    assert kept.stat().st_mtime_ns == written


def test_effort_is_a_share_of_the_iterations(roles: Roles, tmp_path: Path) -> None:
    _training(tmp_path)(roles.auxiliary, "one", 0.25)
    (kept,) = tmp_path.rglob("*.pt")
    assert torch.load(kept, weights_only=True)["step"] == 2


@pytest.mark.parametrize("effort", [0.0, -1.0, 1.5, float("nan")])
def test_effort_beyond_the_iterations_is_refused(roles: Roles, tmp_path: Path, effort: float) -> None:
    with pytest.raises(ValueError, match=r"effort must be in \(0, 1\]"):
        _training(tmp_path)(roles.auxiliary, "one", effort)


def test_the_server_is_handed_over_without_the_clients_half(roles: Roles, tmp_path: Path) -> None:
    mixing = MixupLearned(iterations=2, batch_size=1, patch=8, widths=(4, 8), unmix_widths=(4, 4, 8))
    server = PublicTraining.of(mixing, trainer_in(tmp_path), {}, references=2)(roles.auxiliary, "one", 1.0).server
    assert server(torch.zeros(1, 1, 8, 8, 8)).shape == (1, 4, 8, 8, 8)


def test_scans_are_protected_by_the_client_of_the_same_training(roles: Roles, tmp_path: Path) -> None:
    """A trained encoder's words mean nothing to the server of another training."""
    encoding = build(PrivacyNet, {**PrivacyNet.presets["smoke"], "iterations": 2, "batch_size": 2})
    training = PublicTraining.of(encoding, trainer_in(tmp_path), {}, references=0)
    scan = roles.auxiliary.scans[0]

    def sent(run: str) -> torch.Tensor:
        return training(roles.train, run, 1.0).protect(scan, roles.auxiliary, np.random.default_rng(0)).queries

    assert torch.equal(sent("one"), sent("one"))
    assert not torch.equal(sent("one"), sent("two"))


def test_shadow_clients_mix_with_as_many_as_the_hospitals(roles: Roles, tmp_path: Path) -> None:
    mixing = MixupLearned(iterations=2, batch_size=1, patch=8, widths=(4, 8), unmix_widths=(4, 4, 8))
    trained = PublicTraining.of(mixing, trainer_in(tmp_path), {}, references=3)(roles.train, "one", 1.0)
    scan = roles.auxiliary.scans[0]
    pool = own_pool(roles.auxiliary, 3, scan.family)
    client = Client(mixing, nn.Identity(), pool, torch.device("cpu"))
    expected = client.protect(scan, client.draw_key(np.random.default_rng(0))).queries
    found = trained.protect(scan, roles.auxiliary, np.random.default_rng(0)).queries
    torch.testing.assert_close(found, wire.decode(expected, torch.device("cpu")))


def test_networks_are_kept_for_every_run_against_the_defense_and_drawn_from_the_attackers_axes(
    roles: Roles, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path / "informed", (0, "attack", "x", "informed"))
    training = PublicTraining.of(SMALL, trainer_in(tmp_path / "run"), {Reach.DEFENSE: shelf}, references=0)
    training(roles.auxiliary, "one", 1.0)
    assert [path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*.pt")] == [("informed", "training")]
    assert training.trainer.axes == shelf.axes


class Shadowing(Doing):
    """Would run the training code."""

    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.SEMI_INFORMED, knows=frozenset({Knows.TRAINING_CODE}))


def test_networks_that_were_trained_elsewhere_are_not_handed_over_as_training(roles: Roles, tmp_path: Path) -> None:
    brought = build(External, {"manifest": str(write_method(tmp_path / "method"))})
    client = Client(brought, nn.Identity(), (), torch.device("cpu"))
    networks = Networks(nn.Identity(), nn.Identity(), History())
    attack = Shadowing(deed=lambda view: view.training)
    verdict = attack_transcript(
        attack, client, Traffic(Transcript(()), ()), networks, roles, trainer_in(tmp_path / "own"), (0, "attack")
    )
    assert verdict.status is Status.FAILED
    assert "grants training, which this run does not have" in (verdict.reason or "")
