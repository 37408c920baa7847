"""Mixing more than two images: by hand, against oracles, and against Mixup-Privacy where there are two."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from bench.data.patches import PatchSampler
from bench.defenses.mixup.equations import disagreement, mix_many
from bench.defenses.mixup.many import mixtures
from bench.defenses.mixup.many_key import ManyKey, draw_many_key
from bench.defenses.mixup.mixup_n import MixupN
from bench.defenses.mixup.training import ManyObjective, MixupObjective, draw_weights
from bench.defenses.mixup.variants import MixupLearned, MixupLearnedTTA, MixupNaiveTTA
from bench.errors import BenchError
from bench.models.segmentation_loss import one_hot
from bench.models.unetpp import UNetPlusPlus
from bench.models.unmixing import UnmixingNet
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Roles
from bench.types.traffic import Release, Reply
from bench.types.training import total
from tests.trainers import trainer_in
from tests.unit.defenses.oracles import ExactUnmixing, perfect_reply

SMALL = {"iterations": 3, "batch_size": 2, "patch": 8, "widths": (4, 8), "unmix_widths": (4, 4, 8)}


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_mixture_is_the_weighted_sum_by_hand() -> None:
    images = torch.tensor([[1.0, 0.0], [0.5, 1.0], [0.0, 0.8]]).reshape(1, 3, 1, 1, 1, 2)
    mixed = mix_many(images, torch.tensor([[0.5, 0.3, 0.2]]))
    torch.testing.assert_close(mixed.flatten(), torch.tensor([0.65, 0.46]))


def test_soft_labels_are_the_weights_of_the_classes_by_hand() -> None:
    y = one_hot(torch.tensor([1, 2, 1]).reshape(3, 1, 1, 1), 3)[None]
    mixed = mix_many(y, torch.tensor([[0.5, 0.3, 0.2]]))
    torch.testing.assert_close(mixed.flatten(), torch.tensor([0.0, 0.7, 0.3]))


def test_a_release_mixes_the_scan_with_the_references_of_each_query(roles: Roles) -> None:
    image, pool = roles.test.scans[0].image, roles.references.scans
    key = ManyKey(torch.tensor([[0.2, 0.5, 0.3], [0.2, 0.7, 0.1]]), ((pool[0], pool[1]), (pool[2], pool[3])), 0)
    sent = MixupN(queries=2).protect(image, key, nn.Identity()).queries
    torch.testing.assert_close(sent[0], 0.2 * image + 0.5 * pool[0].image + 0.3 * pool[1].image)
    torch.testing.assert_close(sent[1], 0.2 * image + 0.7 * pool[2].image + 0.1 * pool[3].image)


@pytest.mark.parametrize("queries", [1, 4])
def test_two_images_are_mixup_on_the_same_key(roles: Roles, queries: int) -> None:
    pool, image = roles.references.first_visits().scans, roles.test.scans[0].image
    two, many = MixupLearnedTTA(queries=queries), MixupN(images=2, queries=queries)
    for seed in range(20):
        key, other = two.draw_key(_rng(seed), pool), many.draw_key(_rng(seed), pool)
        assert torch.equal(key.alpha.flatten(), other.weights[:, 0])
        for k in range(queries):
            assert torch.equal(key.images[k], other.images(k)[0])
            assert torch.equal(key.labels[k], other.labels(k)[0])
        sent, also = (d.protect(image, k, nn.Identity()).queries for d, k in ((two, key), (many, other)))
        assert torch.equal(sent, also)


def test_two_images_are_trained_on_the_loss_of_mixup(roles: Roles) -> None:
    classes = len(roles.train.classes)
    sampler = PatchSampler.of(roles.train, patch=8, batch=4, group=2, device=torch.device("cpu"))
    terms, gradients = [], []
    for objective_of in (_two_images, _many_images):
        with seeded_torch(0, "mixup"):
            objective = objective_of(UNetPlusPlus(1, classes, (4, 8)), UnmixingNet(classes, (4, 4, 8)), classes)
        rng = torch.Generator().manual_seed(1)
        found = objective(sampler.draw(rng), rng)
        total(found).backward()
        terms.append(found)
        gradients.append([parameter.grad for parameter in objective.parameters()])
    torch.testing.assert_close(terms[0], terms[1])
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-5, rtol=1e-4)


def _two_images(server: nn.Module, client: nn.Module, classes: int) -> nn.Module:
    rest = {"unmix_weight": 0.5, "detach_segmentation": False, "dice_squared": True}
    return MixupObjective(server, client, classes=classes, alpha_min=0.1, **rest)  # type: ignore[arg-type]


def _many_images(server: nn.Module, client: nn.Module, classes: int) -> nn.Module:
    rest = {"cap": 1.0, "encode": lambda mixtures: mixtures, "unmix_weight": 0.5}
    return ManyObjective(server, client, classes=classes, alpha_min=0.1, **rest)  # type: ignore[arg-type]


def test_two_images_begin_from_the_networks_of_mixup_and_answer_alike(roles: Roles, tmp_path: Path) -> None:
    two, many = MixupLearnedTTA(queries=3, **SMALL), MixupN(images=2, queries=3, **SMALL)  # type: ignore[arg-type]
    trained = []
    for defense in (two, many):
        with seeded_torch(0, "mixup"):
            trained.append(defense.fit(roles.train, trainer_in(tmp_path / defense.name)))
    for name, means in trained[0].history.terms.items():
        assert trained[1].history.terms[name] == pytest.approx(means, rel=1e-3)
    networks, image = trained[0], roles.test.scans[0].image
    answers = []
    for defense in (two, many):
        key = defense.draw_key(_rng(), roles.references.first_visits().scans)
        reply = defense.serve(defense.protect(image, key, networks.client), networks.server)
        found = defense.uncertainty_of(defense.decode(reply, key, networks.client), key)
        assert found is not None
        answers.append((defense.recover(reply, key, networks.client), found))
    torch.testing.assert_close(answers[0], answers[1])


@pytest.mark.parametrize("images", [2, 3, 5])
def test_a_perfect_server_and_an_exact_unmixing_return_the_truth(roles: Roles, images: int) -> None:
    labels, classes = roles.test.scans[0].labels, len(roles.test.classes)
    defense = MixupN(images=images, queries=3, alpha_min=0.05)
    key = defense.draw_key(_rng(3), roles.references.scans)
    recovered = defense.recover(perfect_reply(labels, key, classes), key, ExactUnmixing())
    torch.testing.assert_close(recovered, one_hot(labels[None], classes)[0], atol=1e-3, rtol=0)


def test_the_answer_is_the_mean_over_queries_of_what_each_says(roles: Roles) -> None:
    defense = MixupN(queries=3)
    key = defense.draw_key(_rng(), roles.references.scans)
    maps, client = torch.rand(3, 4, *roles.test.shape), _Sum()
    whole = defense.recover(Reply(maps), key, client)
    single = [defense.recover(Reply(maps[k : k + 1]), _only(key, k), client) for k in range(3)]
    torch.testing.assert_close(whole, torch.stack(single).mean(dim=0))
    torch.testing.assert_close(defense.recover(Reply(maps[:1]), key, client), single[0])


class _Sum(nn.Module):
    """A D whose answer depends on everything it is given."""

    def forward(self, y_hat_mix: torch.Tensor, y_ref: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        first, second = y_ref.chunk(2, dim=1)
        return (
            y_hat_mix + weights[:, 0, None, None, None, None] * first - weights[:, 1, None, None, None, None] * second
        )


def _only(key: ManyKey, k: int) -> ManyKey:
    return ManyKey(key.weights[k : k + 1], key.references[k : k + 1], key.seed)


def test_fewer_queries_are_the_first_of_more(roles: Roles) -> None:
    pool = roles.references.scans
    few, many = MixupN(queries=2).draw_key(_rng(), pool), MixupN(queries=6).draw_key(_rng(), pool)
    assert torch.equal(few.weights, many.first(2).weights)
    assert few.references == many.first(2).references
    assert few.seed == many.seed


def test_the_target_weighs_the_same_in_every_query_and_the_references_do_not(roles: Roles) -> None:
    key = MixupN(queries=6).draw_key(_rng(), roles.references.scans)
    assert len(key.weights[:, 0].unique()) == 1
    assert len(key.weights[:, 1].unique()) == 6


def test_turning_the_dial_keeps_the_references(roles: Roles) -> None:
    defense = MixupN(queries=3)
    key = defense.draw_key(_rng(), roles.references.scans)
    for value, turned in defense.dialled().items():
        other = turned.draw_key(_rng(), roles.references.scans)
        assert len(other) == 1
        assert float(other.weights[0, 0]) == pytest.approx(value)
        assert other.references[0] == key.references[0]


def test_training_weights_divide_one_uniformly() -> None:
    weights = draw_weights(20_000, 4, 0.0, 1.0, torch.Generator().manual_seed(0))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(20_000))
    alpha, rest = weights[:, 0], weights[:, 1:] / (1 - weights[:, :1])
    # One of four that divide 1 uniformly exceeds a with probability (1 - a)^3.
    for a in (0.1, 0.25, 0.5):
        assert float((alpha > a).float().mean()) == pytest.approx((1 - a) ** 3, abs=0.01)
    # The largest, middle and smallest of three: (1 + 1/2 + 1/3) / 3, (1/2 + 1/3) / 3, 1 / 9.
    torch.testing.assert_close(rest.mean(dim=0), torch.tensor([11 / 18, 5 / 18, 1 / 9]), atol=0.01, rtol=0)


def test_key_weights_divide_one_uniformly(roles: Roles) -> None:
    pool, rng = roles.references.scans, _rng()
    draw = {"queries": 1, "images": 3, "alpha_min": 0.0, "alpha_fixed": None, "cap": 1.0}
    weights = torch.cat([draw_many_key(rng, pool, **draw).weights for _ in range(3000)])  # type: ignore[arg-type]
    assert float((weights[:, 0] > 0.5).float().mean()) == pytest.approx(0.25, abs=0.03)
    rest = weights[:, 1:] / (1 - weights[:, :1])
    torch.testing.assert_close(rest.mean(dim=0), torch.tensor([0.75, 0.25]), atol=0.02, rtol=0)


def test_amplified_is_the_mixture_over_the_weight_of_the_target(roles: Roles) -> None:
    key = MixupN(queries=2).draw_key(_rng(), roles.references.scans)
    queries = torch.rand(2, 1, 2, 2, 2)
    found = MixupN(queries=2).amplified(Release(queries), key)
    torch.testing.assert_close(found, queries.mean(dim=0) / key.weights[0, 0])


def test_disagreement_by_hand() -> None:
    # Two classes, two queries: class 0 says .9 and .5, class 1 .1 and .5; each has variance .04.
    unmixed = torch.tensor([[0.9, 0.1], [0.5, 0.5]]).reshape(2, 2, 1, 1, 1)
    assert float(disagreement(unmixed, torch.ones(2, 1, 1, 1, 1))) == pytest.approx(0.08)
    # Weights 3 and 1: mean .8, variance (3 * .01 + .09) / 4 = .03.
    weight = torch.tensor([3.0, 1.0]).reshape(2, 1, 1, 1, 1)
    assert float(disagreement(unmixed, weight)) == pytest.approx(0.06)


@pytest.mark.parametrize("defense", [MixupN(queries=3), MixupLearnedTTA(queries=3), MixupNaiveTTA(queries=3)])
def test_uncertainty_is_the_spread_over_queries(roles: Roles, defense: MixupN) -> None:
    key = defense.draw_key(_rng(), roles.references.scans)
    client = _Sum() if isinstance(defense, MixupN) else _Difference()
    maps = torch.rand(3, 4, *roles.test.shape)
    single = torch.stack([defense.recover(Reply(maps[k : k + 1]), _one(key, k), client) for k in range(3)])
    expected = single.var(dim=0, unbiased=False).sum(dim=0)
    torch.testing.assert_close(
        defense.uncertainty_of(defense.decode(Reply(maps), key, client), key), expected, rtol=1e-3, atol=1e-5
    )


def _one(key: object, k: int) -> object:
    if isinstance(key, ManyKey):
        return _only(key, k)
    return type(key)(key.alpha[k : k + 1], key.images[k : k + 1], key.labels[k : k + 1])  # type: ignore[attr-defined,call-arg]


class _Difference(nn.Module):
    def forward(self, y_hat_mix: torch.Tensor, y_ref: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
        return y_hat_mix - alpha[:, None, None, None, None] * y_ref


@pytest.mark.parametrize("defense", [MixupN(queries=1), MixupLearned()])
def test_a_single_query_has_no_uncertainty(roles: Roles, defense: MixupN) -> None:
    key = defense.draw_key(_rng(), roles.references.scans)
    assert defense.uncertainty_of(torch.rand(1, 4, *roles.test.shape), key) is None


def test_unmixing_several_references_is_conditioned_on_every_weight() -> None:
    torch.manual_seed(0)
    net = UnmixingNet(3, (4, 6, 8), references=2).eval().requires_grad_(False)
    maps, known = torch.rand(1, 3, 8, 8, 8), torch.rand(1, 6, 8, 8, 8)
    weights = torch.tensor([[0.2, 0.5]])
    base = net(maps, known, weights)
    assert base.shape == maps.shape
    for other in (torch.tensor([[0.4, 0.5]]), torch.tensor([[0.2, 0.7]])):
        assert float((net(maps, known, other) - base).abs().max()) > 1e-4


def test_mixtures_need_one_query_in_memory_at_a_time(roles: Roles) -> None:
    """The key points at the pool's scans instead of copying them."""
    key = MixupN(queries=3).draw_key(_rng(), roles.references.scans)
    assert all(scan in roles.references.scans for of_query in key.references for scan in of_query)
    assert mixtures(roles.test.scans[0].image, key).shape == (3, 1, *roles.test.shape)


def test_a_pool_that_is_too_small_is_one_clear_line(roles: Roles) -> None:
    pool = roles.references.scans[:3]
    with pytest.raises(BenchError, match="queries=4 of images=3 need 4 references, the client's pool has 3; lower"):
        MixupN(queries=4).draw_key(_rng(), pool)
    with pytest.raises(BenchError, match="queries=1 of images=5 need 4 references"):
        MixupN(queries=1, images=5).draw_key(_rng(), pool)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": 1}, "images must be >= 2"),
        ({"queries": 0}, "queries must be >= 1, got 0"),
        ({"ref_pool_size": 0}, "ref_pool_size must be >= 1 or None, got 0"),
        ({"alpha_min": 1.0}, r"alpha_min must be in \[0, 1\), got 1.0"),
        ({"alpha_value": 1.5}, r"alpha_value and alpha_grid must be in \(0, 1\]"),
        ({"alpha_grid": (0.0,)}, r"alpha_value and alpha_grid must be in \(0, 1\]"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MixupN(**change)  # type: ignore[arg-type]
