"""The learnt comparison: where it starts, what its loss says, whom it learns from."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from bench.attacks.learned.bank import Bank
from bench.attacks.learned.describe import Described, Describer
from bench.attacks.learned.metric import Combination, Metric, info_nce
from bench.attacks.learned.views import TwoOfEach
from bench.errors import BenchError
from tests.conftest import toy_cohort
from tests.unit.attacks.learned.owned import as_it_is, client_of

CPU = torch.device("cpu")
SHAPE = (20, 24, 20)


def sampler(people: int, visits: int = 2, keys: int = 2, batch: int = 9) -> TwoOfEach:
    own = toy_cohort(range(people), visits)
    bank = Bank(own=own, client=client_of(as_it_is), keys=keys, invented=1, axes=(0,))
    return TwoOfEach(bank=bank, describe=Describer.of(SHAPE, 6, 10), batch=batch, judges=3, device=CPU)


def random_releases(count: int) -> Described:
    rng = torch.Generator().manual_seed(1)
    coordinates = torch.randn(count, 2, 6**3, generator=rng)
    return Described(coordinates, torch.rand(count, 3, 10, 12, 10, generator=rng))


def test_untrained_it_is_a_matched_filter() -> None:
    metric, x = Metric(Describer.of(SHAPE, 6, 10).radii, (4, 8)), random_releases(5)
    variance = torch.rand(2, 6**3, generator=torch.Generator().manual_seed(2)) + 0.1
    metric.filter.standardise(torch.zeros(2, 6**3), variance)
    centred = (x.coordinates - x.coordinates.mean(dim=0)) / variance**0.375
    unit = F.normalize(centred.flatten(1), dim=1)
    assert torch.allclose(metric(x), unit @ unit.T, atol=1e-6)


def test_the_gate_lets_features_in() -> None:
    metric, x = Metric(Describer.of(SHAPE, 6, 10).radii, (4, 8)), random_releases(5)
    shut = metric(x)
    with torch.no_grad():
        metric.combination.gate.fill_(0.5)
    assert torch.allclose(metric(x), shut + 0.5 * metric.parts(x)[1], atol=1e-6)


def test_info_nce_of_two_people_by_hand() -> None:
    scores = torch.tensor([[9.0, 0, 1, 0], [0, 9, 0, 2], [1, 0, 9, 0], [0, 2, 0, 9]])
    first, second = math.log(math.e + 2) - 1, math.log(math.e**2 + 2) - 2
    assert float(info_nce(scores)) == pytest.approx((first + second) / 2)


def test_radii_count_from_the_mean_to_the_finest_frequency() -> None:
    radii = Describer.of(SHAPE, 6, 10).radii
    assert radii[0] == 0
    assert radii[-1] == pytest.approx(1)


def test_pairs_show_one_person_at_two_visits() -> None:
    draws = sampler(6)
    _, people, visits = draws._all
    lots = torch.rand(12, generator=torch.Generator().manual_seed(3))
    rows = draws._pairs(lots, torch.ones(12, dtype=torch.bool), torch.Generator().manual_seed(4))
    one, other = rows.chunk(2)
    assert torch.equal(people[one], people[other])
    assert len(people[one].unique()) == 9
    assert not bool((visits[one] == visits[other]).any())


def test_people_of_one_visit_come_under_two_keys() -> None:
    draws = sampler(6, visits=1)
    lots = torch.rand(12, generator=torch.Generator().manual_seed(3))
    one, other = draws._pairs(lots, torch.ones(12, dtype=torch.bool), torch.Generator().manual_seed(4)).chunk(2)
    assert torch.equal(draws._all[1][one], draws._all[1][other])
    assert not bool((one == other).any())


def test_nobody_is_both_learnt_from_and_judged_by() -> None:
    draws = sampler(6, batch=12)
    views = draws.draw(torch.Generator().manual_seed(5))
    assert len(views.learn.small) == 2 * 8
    assert len(views.judge.small) == 2 * 4
    every = draws._all[0].small.float().flatten(1)

    def shown(some: Described) -> set[int]:
        rows = [int((every - row).abs().sum(dim=1).argmin()) for row in some.small.flatten(1)]
        return {int(draws._all[1][row]) % 6 for row in rows}  # made-up people go with the real ones

    assert shown(views.judge) == {2, 5}
    assert shown(views.learn) == {0, 1, 3, 4}


def test_relatives_are_learnt_from_or_judged_by_together() -> None:
    draws = sampler(10, batch=30)
    own = draws.bank.own
    scans = tuple(replace(scan, family="twins") if scan.subject in own.subjects[1:3] else scan for scan in own)
    draws = replace(draws, bank=replace(draws.bank, own=own.only(scans)))
    judging = dict(zip(own.subjects, draws._judging.tolist(), strict=True))
    assert judging[own.subjects[1]] == judging[own.subjects[2]]
    assert set(judging.values()) == {True, False}
    views = draws.draw(torch.Generator().manual_seed(6))
    assert len(views.judge.small) == 2 * 2 * sum(judging.values())  # each of them, and somebody made up of each


def test_too_few_people_are_refused() -> None:
    with pytest.raises(BenchError, match="four are the least"):
        sampler(2).draw(torch.Generator())


def test_features_never_count_against_a_pair_and_may_count_again() -> None:
    together = Combination()
    with torch.no_grad():
        together.gate.fill_(-0.3)
    frequencies, features = torch.rand(3, 3), torch.rand(3, 3)
    found = together(frequencies, features)
    torch.testing.assert_close(found, frequencies)
    found.sum().backward()
    assert together.gate.grad is not None
    assert float(together.gate.grad) == pytest.approx(float(features.sum()))
