"""References for the client's code in an attacker's hands."""

import torch

from bench.runner.attack.own_pool import own_pool
from bench.types.scan import Cohort, Revisits, Scan


def cohort(people: int) -> Cohort:
    scans = tuple(
        Scan(
            image=torch.rand(1, 4, 3, 2, generator=torch.Generator().manual_seed(10 * person + visit)),
            labels=torch.arange(24, dtype=torch.uint8).reshape(4, 3, 2),
            subject=f"p{person}",
            family=f"p{person}",
            session=str(visit),
            simulated=visit > 0,
        )
        for person in range(people)
        for visit in range(2)
    )
    return Cohort(name="own", scans=scans, classes=("a",), spacing_mm=1.0, synthetic=True, revisits=Revisits.SIMULATED)


def test_enough_people_are_taken_as_they_are_once_each() -> None:
    own = cohort(5)
    assert [scan.name for scan in own_pool(own, 4)] == ["p0_0", "p1_0", "p2_0", "p3_0", "p4_0"]


def test_what_is_missing_is_seen_in_a_mirror() -> None:
    own = cohort(3)
    pool = own_pool(own, 5)
    assert [scan.subject for scan in pool] == ["p0", "p1", "p2", "p0 mirrored", "p1 mirrored"]
    real, mirrored = pool[0], pool[3]
    assert torch.equal(mirrored.image[0, 0], real.image[0, 3])  # from right to left
    assert torch.equal(mirrored.labels[0], real.labels[3])
    assert not torch.equal(mirrored.image, real.image)


def test_there_are_never_more_mirror_images_than_people() -> None:
    assert len(own_pool(cohort(3), 50)) == 6


def test_nobody_is_mixed_with_themselves_nor_with_their_mirror_image() -> None:
    assert [scan.subject for scan in own_pool(cohort(3), 4, "p1")] == ["p0", "p2", "p0 mirrored", "p2 mirrored"]
