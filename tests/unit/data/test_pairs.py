"""Pairs of one person or of two."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.pairs import PairSampler
from bench.errors import BenchError
from bench.types.scan import Cohort, Scan
from tests.conftest import toy_cohort

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(cohort: Cohort) -> Cohort:
    """Every voxel of an image is the scan's number / 64; the labels tell the position."""
    position = torch.arange(20)[:, None, None] * 5 + torch.arange(24)[:, None] * 3 + torch.arange(20)
    labels = (position % 200 + 1).to(torch.uint8)
    return cohort.only(
        tuple(
            dataclasses.replace(scan, image=torch.full_like(scan.image, number / 64), labels=labels)
            for number, scan in enumerate(cohort)
        )
    )


def drawn(cohort: Cohort, pairs: int, seed: int = 0) -> tuple[list[tuple[Scan, Scan]], list[bool]]:
    sampler = PairSampler.of(cohort, patch=4, batch=pairs, device=CPU)
    batch = sampler.draw(generator(seed))
    numbers = (batch.images[..., 0, 0, 0].squeeze(2) * 64).round().int().tolist()
    return [(cohort.scans[one], cohort.scans[other]) for one, other in numbers], batch.same.tolist()


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), people=st.integers(2, 6), visits=st.integers(2, 4))
def test_a_pair_is_what_it_says_and_cut_at_one_place(seed: int, people: int, visits: int) -> None:
    cohort = numbered(toy_cohort(range(people), visits))
    pairs, same = drawn(cohort, 16, seed)
    for (one, other), of_one in zip(pairs, same, strict=True):
        assert (one.subject == other.subject) is of_one
        assert one is not other
    batch = PairSampler.of(cohort, patch=6, batch=16, device=CPU).draw(generator(seed))
    assert torch.equal(batch.labels[:, 0], batch.labels[:, 1])
    assert torch.equal(batch.starts[:, 0], batch.starts[:, 1])
    i, j, k = batch.starts[0, 0].tolist()
    assert torch.equal(batch.labels[0, 0], cohort.scans[0].labels[i : i + 6, j : j + 6, k : k + 6])


def test_both_kinds_are_equally_frequent() -> None:
    _, same = drawn(numbered(toy_cohort(range(5))), 4000)
    assert sum(same) == pytest.approx(2000, abs=5 * 1000**0.5)


def test_a_single_scan_does_not_tell_which_kind_its_pair_is_of() -> None:
    """With one real and one simulated visit each, both kinds of pair hold one of either."""
    pairs, same = drawn(numbered(toy_cohort(range(4), visits=2)), 600)
    assert not all(same)
    assert all({one.session, other.session} == {"visit0", "visit1"} for one, other in pairs)


def test_strangers_are_of_another_family() -> None:
    cohort = numbered(toy_cohort(range(4)))
    twins = cohort.only(
        tuple(
            dataclasses.replace(scan, family="twins") if scan.subject in ("person00", "person01") else scan
            for scan in cohort
        )
    )
    pairs, same = drawn(twins, 400)
    assert all(one.family != other.family for (one, other), of_one in zip(pairs, same, strict=True) if not of_one)


def test_whoever_came_once_is_in_no_pair() -> None:
    cohort = numbered(toy_cohort(range(4)))
    cohort = cohort.only(cohort.scans[:-1])  # person03 has one visit left
    pairs, _ = drawn(cohort, 200)
    assert {scan.subject for pair in pairs for scan in pair} == {"person00", "person01", "person02"}


def test_all_visits_and_all_people_are_drawn() -> None:
    cohort = numbered(toy_cohort(range(3), visits=3))
    pairs, _ = drawn(cohort, 900)
    for place in range(2):
        counts = [sum(pair[place] is scan for pair in pairs) for scan in cohort]
        assert min(counts) > 60


def test_the_same_generator_seed_gives_the_same_batch() -> None:
    sampler = PairSampler.of(toy_cohort(range(4)), patch=8, batch=4, device=CPU)
    one, two = sampler.draw(generator(3)), sampler.draw(generator(3))
    assert torch.equal(one.images, two.images)
    assert torch.equal(one.same, two.same)


@pytest.mark.parametrize("cohort", [toy_cohort(range(6), visits=1), toy_cohort(range(1), visits=2)])
def test_data_without_repeated_visits_is_refused(cohort: Cohort) -> None:
    with pytest.raises(BenchError, match=r"repeated visits.*set revisits = simulate"):
        PairSampler.of(cohort, patch=8, batch=1, device=CPU)
