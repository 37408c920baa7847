"""Roles are a partition of families, whatever the cohort looks like."""

from random import Random

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.roles import split, split_hash
from bench.types.scan import Cohort, Revisits, Scan

IMAGE, LABELS = torch.zeros(1, 8, 8, 8), torch.zeros(8, 8, 8, dtype=torch.uint8)


VISITS_OF_PEOPLE = st.lists(st.integers(1, 3), min_size=1, max_size=4)


def made_up(families: list[list[int]]) -> Cohort:
    """A cohort of families of people with so many visits each."""
    scans = [
        Scan(image=IMAGE, labels=LABELS, subject=f"s{family}-{person}", family=f"f{family}", session=f"v{visit}")
        for family, people in enumerate(families)
        for person, visits in enumerate(people)
        for visit in range(visits)
    ]
    return Cohort(
        name="made up",
        scans=tuple(scans),
        classes=("background", "brain"),
        spacing_mm=1.0,
        synthetic=True,
        revisits=Revisits.REAL,
    )


families = st.lists(VISITS_OF_PEOPLE, min_size=4, max_size=25)
shares = st.lists(st.integers(1, 20), min_size=4, max_size=4).map(lambda parts: [part / sum(parts) for part in parts])


@settings(deadline=None, max_examples=60)
@given(people=families, shares=shares, seed=st.integers(0, 99))
def test_roles_are_a_partition_by_family(people: list[list[int]], shares: list[float], seed: int) -> None:
    cohort = made_up(people)
    roles = [part for _, part in split(cohort, shares, seed).items()]
    names = sorted(scan.name for part in roles for scan in part)
    assert names == sorted(scan.name for scan in cohort)
    families = [{scan.family for scan in part} for part in roles]
    assert all(families)
    assert sum(map(len, families)) == len(set().union(*families))


@settings(deadline=None, max_examples=40)
@given(people=families, seed=st.integers(0, 99), order=st.randoms())
def test_the_order_of_scans_does_not_matter(people: list[list[int]], seed: int, order: Random) -> None:
    cohort = made_up(people)
    shuffled = list(cohort.scans)
    order.shuffle(shuffled)
    one, two = split(cohort, seed=seed), split(cohort.only(tuple(shuffled)), seed=seed)
    assert split_hash(one) == split_hash(two)
    for (_, before), (_, after) in zip(one.items(), two.items(), strict=True):
        assert [scan.name for scan in before] == [scan.name for scan in after]


@settings(deadline=None, max_examples=40)
@given(people=families, shares=shares, seed=st.integers(0, 99))
def test_role_sizes_are_within_a_few_families_of_their_shares(
    people: list[list[int]], shares: list[float], seed: int
) -> None:
    cohort = made_up(people)
    total = len({scan.family for scan in cohort})
    for (_, part), share in zip(split(cohort, shares, seed).items(), shares, strict=True):
        assert abs(len({scan.family for scan in part}) - max(share * total, 1)) < 4
