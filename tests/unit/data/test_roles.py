from dataclasses import replace

import pytest
import torch

from bench.data.roles import data_hash, data_secret, split, split_hash
from bench.errors import BenchError
from bench.types.scan import Cohort
from tests.conftest import toy_cohort


@pytest.mark.parametrize(
    ("families", "expected"),
    [(4, [1, 1, 1, 1]), (8, [3, 2, 1, 2]), (20, [7, 5, 3, 5]), (60, [21, 15, 9, 15]), (124, [43, 31, 19, 31])],
)
def test_shares_of_families(families: int, expected: list[int]) -> None:
    roles = split(toy_cohort(range(families), visits=1))
    assert [len(cohort) for _, cohort in roles.items()] == expected


def test_too_few_families() -> None:
    with pytest.raises(BenchError, match="cohort toy has 3 families; four disjoint roles need at least 4"):
        split(toy_cohort(range(3)))


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.5, 0.0, 0.0), (0.5, 0.5, 0.5, 0.5)])
def test_shares_must_be_four_and_add_up(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="four positive numbers"):
        split(toy_cohort(range(8)), shares)


def test_seed_decides_and_the_hash_shows_it() -> None:
    cohort = toy_cohort(range(8), visits=1)
    hashes = [split_hash(split(cohort, seed=seed)) for seed in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_visits_are_in_the_order_of_their_numbers() -> None:
    cohort = toy_cohort(range(4), visits=11)
    assert [scan.session for scan in split(cohort).train] == [f"visit{number}" for number in range(11)]


def test_data_hash_ignores_order_and_sees_every_change() -> None:
    cohort = toy_cohort(range(4), visits=1)
    before = data_hash(cohort)
    assert data_hash(cohort.only(cohort.scans[::-1])) == before
    for change in ("image", "labels"):
        changed: Cohort = toy_cohort(range(4), visits=1)
        volume: torch.Tensor = getattr(changed.scans[2], change)
        volume.view(-1)[5] += 1
        assert data_hash(changed) != before


def test_no_role_knows_the_origin_from_which_keys_are_drawn() -> None:
    cohort = replace(toy_cohort(range(8)), origin="files")
    assert {name: role.origin for name, role in split(cohort).items()} == dict.fromkeys(
        ("train", "references", "auxiliary", "test")
    )
    assert data_secret(cohort) != data_secret(replace(cohort, origin="other files"))


def test_the_secret_follows_the_voxels_and_is_not_the_published_hash() -> None:
    cohort, other = toy_cohort(range(4)), toy_cohort(range(1, 5))
    assert data_secret(cohort) == data_secret(toy_cohort(range(4)))
    assert data_secret(cohort) not in (data_secret(other), data_hash(cohort))
