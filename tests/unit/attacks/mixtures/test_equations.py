"""Mixtures as linear equations: closed forms, exact inversion, references recognised, alphas."""

import pytest
import torch

from bench.attacks.mixtures.alphas import likeliest_alphas, own_alphas, shared_alpha
from bench.attacks.mixtures.equations import design, error_fraction, lmmse_weight, target_weights
from bench.attacks.mixtures.links import remainders, shared_references
from bench.attacks.mixtures.people import People
from bench.errors import BenchError
from tests.unit.attacks.mixtures.gaussians import SPREAD, cohort, draw

V = 4000.0
"""Coordinates: two people correlate by 1 / sqrt(V) = .016."""


def people(count: int, seed: int) -> torch.Tensor:
    return torch.randn(count, int(V), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def numbered(targets: int, queries: int) -> torch.Tensor:
    return torch.arange(targets).repeat_interleave(queries)


@pytest.mark.parametrize(
    ("queries", "alpha", "expected"),
    [(1, 0.1, 0.988), (1, 0.5, 0.5), (1, 0.9, 0.012), (5, 0.3, 0.521), (10, 0.2, 0.615), (30, 0.4, 0.07)],
)
def test_error_fraction_by_hand(queries: int, alpha: float, expected: float) -> None:
    assert error_fraction(alpha, queries) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("queries", [1, 3, 10])
@pytest.mark.parametrize("alpha", [0.2, 0.5, 0.8])
def test_the_best_estimate_leaves_the_closed_form_whatever_the_covariance(queries: int, alpha: float) -> None:
    scale = torch.linspace(0.1, 3, int(V), dtype=torch.float64)
    sources = people(40 * (1 + queries), seed=1).reshape(40, 1 + queries, int(V)) * scale
    mean = (alpha * sources[:, :1] + (1 - alpha) * sources[:, 1:]).mean(1)
    estimate = lmmse_weight(alpha, queries) * mean
    left = float((estimate - sources[:, 0]).square().sum() / (40 * scale.square().sum()))
    assert left == pytest.approx(error_fraction(alpha, queries), rel=0.03)


def test_without_ties_the_system_is_the_mean_of_each_release() -> None:
    alpha = torch.tensor([0.3] * 4 + [0.7] * 4, dtype=torch.float64)
    weights = target_weights(alpha, numbered(2, 4), torch.arange(8), noise=1e-12)
    expected = torch.zeros(2, 8, dtype=torch.float64)
    expected[0, :4], expected[1, 4:] = lmmse_weight(0.3, 4) / 4, lmmse_weight(0.7, 4) / 4
    torch.testing.assert_close(weights, expected)


def test_own_alphas_are_weighed_by_their_precision() -> None:
    alpha = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)
    weights = target_weights(alpha, numbered(1, 3), torch.arange(3), noise=1e-12)[0]
    precision = (alpha / (1 - alpha)) ** 2
    torch.testing.assert_close(weights, precision / alpha / (1 + precision.sum()))


def test_enough_ties_invert_up_to_one_direction() -> None:
    targets, pool, queries = 6, 5, 4
    generator = torch.Generator().manual_seed(0)
    chosen = torch.cat([torch.randperm(pool, generator=generator)[:queries] for _ in range(targets)])
    alpha = torch.tensor([0.2, 0.4, 0.5, 0.6, 0.7, 0.8], dtype=torch.float64).repeat_interleave(queries)
    sources = people(targets + pool, seed=2)
    target = numbered(targets, queries)
    found = target_weights(alpha, target, chosen, noise=1e-9) @ (design(alpha, target, chosen) @ sources)
    # Adding t to all references moves target i by -(1 - a_i) / a_i t: what is left is this and nothing else.
    error = found - sources[:targets]
    direction = ((1 - alpha) / alpha)[::queries]
    direction = direction / direction.norm()
    along = torch.outer(direction, direction @ error)
    assert float((error - along).abs().max()) < 1e-5
    assert float(along.square().mean()) < error_fraction(0.5, queries)


@pytest.mark.parametrize("queries", [3, 5])
def test_shared_references_are_recognised_and_fresh_ones_are_not(queries: int) -> None:
    generator = torch.Generator().manual_seed(queries)
    pool, alpha = people(7, seed=3), 0.2 + 0.6 * torch.rand(8, generator=generator, dtype=torch.float64)
    chosen = torch.stack([torch.randperm(7, generator=generator)[:queries] for _ in range(8)])
    for references, truth in ((pool[chosen], chosen), (people(8 * queries, seed=4).reshape(8, queries, int(V)), None)):
        mixtures = alpha[:, None, None] * people(8, seed=5)[:, None] + (1 - alpha)[:, None, None] * references
        pairs = [remainders(m, a.expand(queries)) for m, a in zip(mixtures, alpha, strict=True)]
        units = torch.cat([unit for unit, _ in pairs])
        found = shared_references(units @ units.T, torch.cat([share for _, share in pairs]))
        expected = torch.arange(8 * queries) if truth is None else truth.flatten()
        assert torch.equal(found[:, None] == found, expected[:, None] == expected)


def test_two_queries_are_never_linked() -> None:
    pool = people(2, seed=6)
    mixtures = 0.5 * people(4, seed=7)[:, None] + 0.5 * pool
    pairs = [remainders(m, torch.full((2,), 0.5, dtype=torch.float64)) for m in mixtures]
    units = torch.cat([unit for unit, _ in pairs])
    assert len(shared_references(units @ units.T, torch.cat([share for _, share in pairs])).unique()) == 8


def test_own_alphas_follow_from_what_queries_have_in_common() -> None:
    alpha = torch.tensor([0.15, 0.4, 0.55, 0.8, 0.9], dtype=torch.float64)
    x, r = people(1, seed=8), people(5, seed=9)
    found = own_alphas(alpha[:, None] * x + (1 - alpha)[:, None] * r, V)
    torch.testing.assert_close(found, alpha, atol=0.05, rtol=0)


def test_one_own_alpha_alone_is_found_from_its_distance_to_the_mean() -> None:
    m = 0.8 * people(1, seed=10) + 0.2 * people(1, seed=11)
    assert float(own_alphas(m, V)) == pytest.approx(0.8, abs=0.04)
    assert shared_alpha(m, V) == pytest.approx(float(own_alphas(m, V)))


def test_ties_sharpen_alphas() -> None:
    truth = torch.tensor([0.2, 0.35, 0.5, 0.65, 0.8, 0.9], dtype=torch.float64)
    chosen = torch.cat([torch.randperm(5, generator=torch.Generator().manual_seed(i))[:4] for i in range(6)])
    target = numbered(6, 4)
    mixtures = design(truth[target], target, chosen) @ people(11, seed=12)
    start = (truth + torch.tensor([0.04, -0.05, 0.05, -0.04, 0.05, -0.05], dtype=torch.float64)).clamp(max=0.95)
    found = likeliest_alphas(start, target, target, chosen, mixtures @ mixtures.T / V, noise=1e-3, iterations=60)
    proportion = (1 - found) / (1 - truth)
    # Up to the common scale of 1 - alpha, which a pool of five people tells to 1 / sqrt(2 * 5 * V).
    assert float(proportion.std() / proportion.mean()) < 2e-3
    assert float((found - truth).abs().max()) < 0.02


def test_variance_holds_for_somebody_else_however_few_people_it_was_fitted_to() -> None:
    for whiten in (0.0, 0.75, 1.0):
        known = People.of(cohort(draw(12, seed=13)), whiten=whiten)
        a, b = known.features(draw(40, seed=14)), known.features(draw(40, seed=15))
        spread = float((a - b).square().sum(1).mean()) / 2
        assert spread == pytest.approx(known.variance, rel=0.1 if whiten else 0.03)


def test_features_are_an_isometry_without_whitening() -> None:
    known = People.of(cohort(draw(4, seed=16)), whiten=0.0)
    x = draw(3, seed=17)
    torch.testing.assert_close(known.features(x).norm(dim=1), (x - known.mean).flatten(1).norm(dim=1))
    assert known.variance == pytest.approx(SPREAD**2 * x[0].numel(), rel=0.05)


def test_two_people_are_too_few() -> None:
    with pytest.raises(BenchError, match="three people or more, has 2"):
        People.of(cohort(draw(2, seed=18)))
