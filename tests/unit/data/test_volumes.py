"""Whole scans as training batches."""

import pytest
import torch

from bench.data.volumes import VolumeSampler
from bench.errors import BenchError
from tests.conftest import toy_cohort

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_item_is_a_whole_scan_that_starts_at_the_first_voxel() -> None:
    cohort = toy_cohort(range(3), visits=1)
    batch = VolumeSampler.of(cohort, batch=30, device=CPU).draw(generator())
    assert batch.images.shape == (30, 1, 1, 20, 24, 20)
    assert not batch.starts.any()
    assert batch.starts.shape == (30, 1, 3)
    drawn = set()
    for image, labels in zip(batch.images, batch.labels, strict=True):
        (number,) = (n for n, scan in enumerate(cohort) if torch.equal(scan.labels, labels[0]))
        assert torch.equal(image[0], cohort.scans[number].image.half().float())
        drawn.add(number)
    assert drawn == {0, 1, 2}


def test_the_same_generator_seed_gives_the_same_batch() -> None:
    sampler = VolumeSampler.of(toy_cohort(range(8)), batch=4, device=CPU)
    one, two, other = (sampler.draw(generator(seed)).images for seed in (3, 3, 4))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_nothing_to_draw_is_refused() -> None:
    cohort = toy_cohort(range(2))
    with pytest.raises(ValueError, match="batch must be >= 1, got 0"):
        VolumeSampler.of(cohort, batch=0, device=CPU)
    with pytest.raises(BenchError, match="has no scan to draw"):
        VolumeSampler.of(cohort.only(()), batch=1, device=CPU)
