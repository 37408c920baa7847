"""The two ways to fool an adversary, and whose weights move in whose turn."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.data.pairs import Pairs, PairSampler
from bench.defenses.adversary import AdversaryObjective, confusion, make_adversary, negative_cross_entropy
from bench.defenses.deformation_training import DeformationObjective, DeformedPairs, Geometry, Weights
from bench.defenses.privacy_net import EncodedPairs, PrivacyNet, PrivacyNetObjective
from bench.models.diffeomorphism import VelocityGenerator
from bench.models.siamese import small_siamese
from bench.models.unet import UNet
from bench.models.unetpp import UNetPlusPlus
from bench.types.scan import Roles
from bench.types.training import Phase, Schedule
from tests.trainers import trainer_in

SAME = torch.tensor([True, False])


def scores_for(certainty: float) -> torch.Tensor:
    """Logits of an adversary who is that sure, and right about both pairs of `SAME`."""
    return torch.tensor([[-certainty, certainty], [certainty, -certainty]], requires_grad=True)


def test_confusion_is_smallest_where_the_adversary_cannot_tell() -> None:
    even = confusion(scores_for(0.0), SAME)
    assert float(even.detach()) == pytest.approx(math.log(2))
    for certainty in (-30.0, -1.0, 0.1, 30.0):
        assert float(confusion(scores_for(certainty), SAME).detach()) > float(even.detach())


def test_confusion_by_hand() -> None:
    """Logits 0 and log 3: probabilities 1/4 and 3/4, so -(log 1/4 + log 3/4) / 2."""
    found = confusion(torch.tensor([[0.0, math.log(3)]]), torch.tensor([True]))
    assert float(found) == pytest.approx((math.log(4) + math.log(4 / 3)) / 2)


@pytest.mark.parametrize("certainty", [-4.0, 4.0])
def test_a_step_against_confusion_makes_the_adversary_less_sure_whether_right_or_wrong(certainty: float) -> None:
    scores = scores_for(certainty)
    confusion(scores, SAME).backward()
    assert scores.grad is not None
    assert torch.equal((scores - scores.grad).abs() < scores.abs(), torch.ones(2, 2, dtype=torch.bool))


def test_minus_cross_entropy_goes_on_falling_where_the_adversary_is_wrong_and_confusion_does_not() -> None:
    wrong, very_wrong = scores_for(-10.0), scores_for(-1000.0)
    assert float(negative_cross_entropy(wrong, SAME).detach()) == pytest.approx(-20, rel=1e-3)
    assert float(negative_cross_entropy(very_wrong, SAME).detach()) == pytest.approx(-2000, rel=1e-3)
    for scores in (wrong, very_wrong):
        assert float(confusion(scores, SAME).detach()) >= math.log(2)


def test_confusion_pulls_with_bounded_strength() -> None:
    scores = scores_for(1e4)
    confusion(scores, SAME).backward()
    assert scores.grad is not None
    assert float(scores.grad.abs().max()) <= 0.5 / len(SAME) + 1e-6


def turns_of(name: str, roles: Roles) -> tuple[Phase, Phase, dict[str, nn.Module], PairSampler]:
    """Both turns of a defense with its networks and a sampler that fits."""
    torch.manual_seed(0)
    server, adversary = UNetPlusPlus(1, 4, (4, 8)), small_siamese((8, 8))
    client: nn.Module
    learner: nn.Module
    if name == "privacy-net":
        client = nn.Sequential(UNet(1, 1, (4, 8)), nn.Sigmoid())
        learner = PrivacyNetObjective(client, server, adversary, 4, PrivacyNet())
        proxies: nn.Module = EncodedPairs(client)
    else:
        client = VelocityGenerator(32, (8, 8), 0.5)
        proxies = DeformedPairs(client, 32, Geometry(shape=roles.train.shape, bound=1.1, patch=8))
        weights = Weights(adversary=1.0, inverse=1.0, recovered=1.0, smooth=0.1, diverse=1.0, margin=0.5)
        learner = DeformationObjective(
            proxies, server, adversary, classes=4, weights=weights, adversary_loss="confusion"
        )
    sampler = PairSampler.of(roles.train, patch=12, batch=2, device=torch.device("cpu"))
    first = Phase("learner", learner, nn.ModuleList([client, server]))
    second = Phase("adversary", AdversaryObjective(adversary, proxies), adversary)
    return first, second, {"client": client, "server": server, "adversary": adversary}, sampler


def moved(before: dict[str, list[torch.Tensor]], networks: dict[str, nn.Module]) -> set[str]:
    return {
        name
        for name, network in networks.items()
        if any(not torch.equal(old, new) for old, new in zip(before[name], network.parameters(), strict=True))
    }


@pytest.mark.parametrize("name", ["privacy-net", "deformation-proxy"])
def test_a_turn_moves_the_weights_of_its_own_networks_and_no_others(name: str, roles: Roles, tmp_path: Path) -> None:
    for turn, expected in ((0, {"client", "server"}), (1, {"adversary"})):
        *turns, networks, sampler = turns_of(name, roles)
        before = {key: [p.detach().clone() for p in network.parameters()] for key, network in networks.items()}
        trainer = trainer_in(tmp_path / str(turn))
        trainer.fit("turn", [turns[turn]], sampler, Schedule(iterations=1, learning_rate=1e-2))  # type: ignore[list-item]
        assert moved(before, networks) == expected


@pytest.mark.parametrize("name", ["privacy-net", "deformation-proxy"])
def test_the_learner_is_told_how_to_fool_the_adversary_and_the_adversary_teaches_it_nothing(
    name: str, roles: Roles
) -> None:
    first, second, networks, sampler = turns_of(name, roles)
    rng = torch.Generator().manual_seed(0)
    pairs: Pairs = sampler.draw(rng)
    first.objective(pairs, rng)["adversary"].backward()
    assert any(p.grad is not None and p.grad.any() for p in networks["client"].parameters())
    for network in networks.values():
        network.zero_grad(set_to_none=True)
    second.objective(pairs, rng)["pairs"].backward()
    assert all(p.grad is None for p in (*networks["client"].parameters(), *networks["server"].parameters()))
    assert all(p.grad is not None for p in networks["adversary"].parameters())


def test_the_adversary_learns_who_is_who_where_nothing_is_hidden(roles: Roles, tmp_path: Path) -> None:
    torch.manual_seed(0)
    adversary = make_adversary("small", (8, 16))
    sampler = PairSampler.of(roles.train, patch=16, batch=8, device=torch.device("cpu"))
    objective = AdversaryObjective(adversary, EncodedPairs(nn.Identity()))
    history = trainer_in(tmp_path).fit(
        "adversary", [Phase("adversary", objective, adversary)], sampler, Schedule(iterations=300, learning_rate=3e-3)
    )
    assert sum(history.terms["pairs"][-10:]) / 10 < 0.55 < math.log(2)
