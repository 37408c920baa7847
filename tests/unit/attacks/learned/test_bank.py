"""Own releases: what they show, under which keys, and that they are always the same."""

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.attacks.learned.bank import Bank, look
from bench.attacks.learned.people import to_learn_and_to_judge, with_invented
from bench.errors import BenchError
from bench.types.traffic import Release
from tests.conftest import toy_cohort
from tests.unit.attacks.learned.owned import Encode, as_it_is, client_of

OWN = toy_cohort(range(2))


def bank(encode: Encode = as_it_is, keys: int = 2, invented: int = 1) -> Bank:
    return Bank(own=OWN, client=client_of(encode), keys=keys, invented=invented, axes=(0, "test"))


def test_the_first_release_shows_the_scan_and_the_second_another_visit() -> None:
    first, second = list(bank(invented=0))[:2]
    assert torch.equal(first.image, OWN.scans[0].image)
    assert torch.equal(first.look[0], OWN.scans[0].image[0])
    assert first.person == second.person == 0
    assert first.visit == second.visit == 0
    changed = (second.image - first.image).abs()
    assert not torch.equal(first.image, second.image)
    assert 0.001 < float(changed.mean()) < 0.05


def test_people_and_visits_are_counted_with_made_up_people_last() -> None:
    found = [(own.person, own.visit) for own in bank(keys=1, invented=1)]
    assert found == [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5), (3, 6), (3, 7)]


def test_made_up_people_are_none_of_the_real_ones() -> None:
    everybody = list(bank(keys=1, invented=1))
    real, made_up = everybody[:4], everybody[4:]
    visits_apart = float((real[0].image - real[1].image).abs().mean())
    for own in made_up:
        assert min(float((own.image - other.image).abs().mean()) for other in real) > 2 * visits_apart


def test_the_same_releases_come_again_each_under_its_own_key() -> None:
    drawn: list[float] = []

    def encode(image: Tensor, rng: np.random.Generator) -> Tensor:
        drawn.append(float(rng.random()))
        return image[None] * drawn[-1]

    one, other = list(bank(encode)), list(bank(encode))
    assert all(torch.equal(a.look, b.look) and torch.equal(a.image, b.image) for a, b in zip(one, other, strict=True))
    assert len(set(drawn)) == len(one) == 16


def test_a_look_has_mean_magnitude_and_deviation() -> None:
    queries = torch.tensor([1.0, -3.0])[:, None, None, None, None].expand(2, 1, 4, 4, 4)
    found = look(Release(queries), (4, 4, 4))
    assert found.flatten(1).unique(dim=1).flatten().tolist() == [-1.0, 2.0, 2.0]
    assert look(Release(queries[:1]), (4, 4, 4))[2].abs().max() == 0


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(BenchError, match="needs one grid"):
        look(Release(torch.zeros(1, 1, 4, 4, 4)), (8, 8, 8))
    with pytest.raises(BenchError, match="no scan to learn from"):
        next(iter(Bank(own=OWN.only(()), client=client_of(as_it_is), keys=1, invented=0, axes=(0,))))
    with pytest.raises(ValueError, match="keys must be >= 1"):
        bank(keys=0)


def test_families_are_judged_by_or_learnt_from() -> None:
    learn, judge = to_learn_and_to_judge(toy_cohort(range(7)), 3)
    assert judge.subjects == ("person02", "person05")
    assert not set(learn.subjects) & set(judge.subjects)
    assert len(learn) + len(judge) == 14
    assert to_learn_and_to_judge(toy_cohort(range(4)), 3)[1].subjects == ("person01", "person03")
    with pytest.raises(BenchError, match="four are the least"):
        to_learn_and_to_judge(toy_cohort(range(3)), 3)


def test_invented_people_join_the_cohort_as_families_of_their_own() -> None:
    grown = with_invented(OWN, 2, 0, "test")
    assert len(grown) == 12
    assert len({scan.family for scan in grown}) == 6
    assert all(scan.simulated for scan in grown.scans[4:])
    assert grown.scans[:4] == OWN.scans
