"""The likelihood ratio by hand, and where it is known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench.attacks.membership.halves import complementary_halves
from bench.attacks.membership.likelihood_ratio import (
    FLOOR,
    covariance,
    drawn_together,
    log_ratio,
    matched,
    mean_of,
    not_below_zero,
    off_the_line,
    own_part,
)

INSIDE = torch.tensor([[True], [True], [False], [False]])


def _column(*values: float) -> torch.Tensor:
    """Shadow networks' phi of one person for one query."""
    return torch.tensor(values, dtype=torch.float32)[:, None, None]


def test_the_ratio_is_that_of_two_gaussians_with_one_variance() -> None:
    # In: 3 and 5 (mean 4); out: 0 and 2 (mean 1). Scatter 1 + 1 + 1 + 1 with 4 - 2 degrees of freedom: variance 2.
    shadow = _column(3, 5, 0, 2)
    for phi in (4.0, 1.0, 2.5, 7.0):
        by_hand = (-((phi - 4) ** 2) + (phi - 1) ** 2) / (2 * (2 + FLOOR))
        assert float(log_ratio(torch.tensor([[phi]]), shadow, INSIDE)) == pytest.approx(by_hand, rel=1e-6)


def test_a_query_twice_says_what_it_says_once() -> None:
    shadow, phi = _column(3, 5, 0, 2), torch.tensor([[3.5]])
    once = log_ratio(phi, shadow, INSIDE)
    twice = log_ratio(phi.repeat(1, 2), shadow.repeat(1, 1, 2), INSIDE)
    assert float(twice) == pytest.approx(float(once), rel=1e-4)


def test_queries_that_err_apart_add_up() -> None:
    """Deviations whose products cancel: the covariance is diagonal, and the two ratios add."""
    first, second = torch.tensor([4.0, 6.0, 0.0, 2.0]), torch.tensor([5.0, 5.0, 1.0, 1.0])
    both = torch.stack([first, second], dim=1)[:, None]
    people = torch.cat([both, both.flip(2)], dim=1)  # the second person has the queries exchanged
    inside = INSIDE.repeat(1, 2)
    phi = torch.tensor([[3.0, 2.0], [2.0, 3.0]])
    scatter = covariance(people - torch.where(inside[..., None], mean_of(people, inside), mean_of(people, ~inside)))
    assert float(scatter[0, 1]) == pytest.approx(0, abs=1e-12)
    variance = float(scatter[0, 0])
    by_hand = ((3 - 1) ** 2 - (3 - 5) ** 2 + (2 - 1) ** 2 - (2 - 5) ** 2) / (2 * variance)
    found = log_ratio(phi, people, inside)
    assert found.tolist() == pytest.approx([by_hand, by_hand], rel=1e-9)


def test_gaussian_phi_is_told_apart_as_well_as_it_can_be() -> None:
    """d' = (mu_in - mu_out) / sigma = 1.5 for everybody: the best AUC is Phi(d' / sqrt 2) = .856."""
    rng = torch.Generator().manual_seed(0)
    people, shadows = 4000, 64
    own = torch.randn(people, 1, generator=rng) * 5  # some people are easier to segment
    member = torch.arange(people) % 2 == 0
    inside = torch.from_numpy(complementary_halves(people, shadows, np.random.default_rng(0)))
    phi = own + 1.5 * member[:, None] + torch.randn(people, 1, generator=rng)
    shadow = own + 1.5 * inside[..., None] + torch.randn(shadows, people, 1, generator=rng)
    scores = log_ratio(phi, shadow, inside)
    ranks = scores.argsort().argsort().double() + 1
    half = people // 2
    auc = (float(ranks[member].sum()) - half * (half + 1) / 2) / half**2
    assert auc == pytest.approx(0.5 * (1 + math.erf(1.5 / 2)), abs=0.015)


def test_a_target_that_was_trained_longer_is_moved_between_in_and_out() -> None:
    shadow = _column(3, 5, 0, 2).repeat(1, 2, 1)
    inside = INSIDE.repeat(1, 2)
    phi = torch.tensor([[4.0], [1.0]])
    assert torch.allclose(matched(phi, shadow, inside), phi)
    assert torch.allclose(matched(phi + 10, shadow, inside), phi)


def test_networks_that_agree_exactly_are_no_reason_to_divide_by_zero() -> None:
    scores = log_ratio(torch.tensor([[1.0]]), _column(1, 1, 1, 1), INSIDE)
    assert float(scores) == 0


@given(families=st.integers(2, 40), pairs=st.integers(1, 6), seed=st.integers(0, 99))
def test_everybody_is_in_half_of_the_networks(families: int, pairs: int, seed: int) -> None:
    halves = complementary_halves(families, 2 * pairs, np.random.default_rng(seed))
    assert (halves.sum(axis=0) == pairs).all()
    assert set(halves.sum(axis=1).tolist()) <= {families // 2, families - families // 2}


@pytest.mark.parametrize("shadows", [0, 1, 3])
def test_an_odd_number_of_networks_is_refused(shadows: int) -> None:
    with pytest.raises(ValueError, match="even"):
        complementary_halves(10, shadows, np.random.default_rng(0))


def test_how_sure_a_network_is_of_everybody_alike_changes_no_score() -> None:
    rng = torch.Generator().manual_seed(0)
    inside = torch.rand(8, 20, generator=rng).argsort(dim=0) < 4
    memory = 0.1 * inside[..., None] + 0.05 * torch.randn(8, 20, 2, generator=rng)
    target = 0.1 * (torch.arange(20) < 10)[:, None] + 0.05 * torch.randn(20, 2, generator=rng)
    luck = torch.randn(8, 1, 2, generator=rng)

    def scores(shadow_phi: torch.Tensor) -> torch.Tensor:
        shadow_phi = own_part(shadow_phi)
        return log_ratio(matched(target, shadow_phi, inside), shadow_phi, inside)

    torch.testing.assert_close(scores(memory + luck), scores(memory), rtol=1e-3, atol=1e-3)
    found = scores(memory + luck)
    above = (found[:10, None] > found[None, 10:]).double().mean()
    assert float(above) > 0.8  # AUC


def _auc(gap: float, differing: float, shadows: int, draw: int) -> tuple[float, float]:
    """Of 30 people, by the ratio and by each person's own gap, where phi scatters by 1 around the person's own."""
    rng = torch.Generator().manual_seed(draw)
    member = torch.randperm(30, generator=rng) < 15
    inside = torch.from_numpy(complementary_halves(30, shadows, np.random.default_rng(draw)))
    gaps = gap * (1 + differing * torch.randn(30, 1, generator=rng))
    phi = gaps * member[:, None] + torch.randn(30, 1, generator=rng)
    shadow = gaps * inside[..., None] + torch.randn(shadows, 30, 1, generator=rng)
    mu_in, mu_out = mean_of(shadow, inside), mean_of(shadow, ~inside)
    own = ((mu_in - mu_out) * (phi - (mu_in + mu_out) / 2))[:, 0]
    scores = log_ratio(phi, shadow, inside)
    first, second = (float((one[member][:, None] > one[~member]).double().mean()) for one in (scores, own))
    return first, second


def test_few_networks_tell_weak_memory_better_by_everybody_than_by_each_alone() -> None:
    found = np.mean([_auc(0.5, 0.0, shadows=8, draw=draw) for draw in range(60)], axis=0)
    assert found[0] > found[1] + 0.02


def test_people_who_differ_keep_their_own_gaps_where_networks_are_many() -> None:
    found = np.mean([_auc(1.0, 3.0, shadows=64, draw=draw) for draw in range(20)], axis=0)
    assert found[0] == pytest.approx(found[1], abs=0.01)


def test_gaps_are_drawn_by_hand() -> None:
    # Variance over people (9 + 1 + 1 + 9) / 3 = 20 / 3; each gap errs by 2 * 1: real 14 / 3, so 7 / 10 of each is kept.
    gap = torch.tensor([[-3.0], [-1.0], [1.0], [3.0]], dtype=torch.float64) + 5
    found = drawn_together(gap, torch.eye(1, dtype=torch.float64), torch.full((4,), 2.0, dtype=torch.float64))
    assert found[:, 0].tolist() == pytest.approx([5 - 2.1, 5 - 0.7, 5 + 0.7, 5 + 2.1], abs=1e-3)
    alike = drawn_together(gap, 10 * torch.eye(1, dtype=torch.float64), torch.full((4,), 2.0, dtype=torch.float64))
    assert alike[:, 0].tolist() == pytest.approx([5.0] * 4, abs=1e-3)


def test_memory_is_not_taken_for_negative() -> None:
    # Half a normal distribution: its mean is sqrt(2 / pi) errors; far below zero an error squared over the distance.
    mean, error = torch.tensor([0.0, -10.0, 5.0, 0.0]), torch.tensor([2.0, 1.0, 1.0, 0.0])
    found = not_below_zero(mean.double(), error.double()).tolist()
    assert found == pytest.approx([2 * math.sqrt(2 / math.pi), 0.0981, 5.0, 0.0], abs=1e-4)


def test_a_wrong_sign_of_weak_memory_turns_no_score_round() -> None:
    rng = torch.Generator().manual_seed(0)
    inside = torch.from_numpy(complementary_halves(30, 4, np.random.default_rng(0)))
    shadow = -0.5 * inside[..., None] + torch.randn(4, 30, 1, generator=rng)
    assert float((mean_of(shadow, inside) - mean_of(shadow, ~inside)).mean()) < 0
    middle = (mean_of(shadow, inside) + mean_of(shadow, ~inside)) / 2
    phi = middle + (torch.arange(30) < 15).float()[:, None]
    scores = log_ratio(phi, shadow, inside)
    assert float(scores[:15].mean()) > float(scores[15:].mean())


def _people(draw: int, memory: float, sharper: float) -> float:
    """The AUC where members happen to be hard, and phi of each network is a line in how easy people are."""
    rng = torch.Generator().manual_seed(draw)
    easy = torch.randn(30, 1, generator=rng)
    member = (easy[:, 0] + torch.randn(30, generator=rng)).argsort().argsort() < 15
    inside = torch.from_numpy(complementary_halves(30, 8, np.random.default_rng(draw)))
    lines = 1 + 0.2 * torch.randn(8, 1, 1, generator=rng)
    shadow = lines * easy + memory * inside[..., None] + 0.1 * torch.randn(8, 30, 1, generator=rng)
    phi = sharper * easy + memory * member[:, None] + 0.1 * torch.randn(30, 1, generator=rng)
    own = own_part(shadow)
    scores = log_ratio(matched(phi, own, inside), own, inside)
    return float((scores[member][:, None] > scores[~member]).double().mean())


@pytest.mark.parametrize("sharper", [1.0, 2.5])
def test_who_is_easy_passes_for_nobody_s_memory(sharper: float) -> None:
    found = [_people(draw, 0.0, sharper) for draw in range(60)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)
    assert np.std(found) < 0.12  # of guessing .107: 15 members and 15 strangers


@pytest.mark.parametrize("sharper", [1.0, 2.5])
def test_memory_is_found_beside_who_is_easy(sharper: float) -> None:
    assert np.mean([_people(draw, 0.5, sharper) for draw in range(20)]) > 0.9


def test_a_line_is_taken_out_by_hand() -> None:
    middle = torch.tensor([[0.0], [1.0], [2.0]])
    # The line 0.5 + 2.5 x leaves 0.5, -1, 0.5: squares 1.5, error 1.5 / 1 / 2 = 0.75, which is a third of 1.5 squared,
    # so that two thirds of what it is steeper than 1 are kept: 2 x.
    phi = torch.tensor([[1.0], [2.0], [6.0]])
    assert off_the_line(phi, middle)[:, 0].tolist() == pytest.approx([0.0, -1.0, 1.0])
    alike = off_the_line(phi, torch.ones(3, 1))  # nobody is easier: no line, only the mean
    assert alike[:, 0].tolist() == pytest.approx([-2.0, -1.0, 3.0])
    assert off_the_line(phi[:2], middle[:2])[:, 0].tolist() == [0.0, 0.0]  # through two a line fits always
