import dataclasses

import numpy as np
import pytest
import torch

from bench.data.patches import PatchSampler, _gathered, _home, _sliced
from bench.errors import BenchError
from bench.types.scan import Cohort
from tests.conftest import toy_cohort

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(people: int, visits: int = 2) -> Cohort:
    """Every voxel says where it is: image = scan number / 64, and the labels give the position's parity."""
    cohort = toy_cohort(range(people), visits)
    position = torch.arange(20)[:, None, None] * 5 + torch.arange(24)[:, None] * 3 + torch.arange(20)
    return cohort.only(
        tuple(
            dataclasses.replace(
                scan, image=torch.full_like(scan.image, number / 64), labels=(position % 200 + 1).to(torch.uint8)
            )
            for number, scan in enumerate(cohort)
        )
    )


def test_patches_equal_manual_slices() -> None:
    cohort = numbered(4)
    sampler = PatchSampler.of(cohort, patch=8, batch=16, group=2, device=CPU)
    batch = sampler.draw(generator())
    assert batch.images.shape == (16, 2, 1, 8, 8, 8)
    assert batch.images.dtype == torch.float32
    for image, label in zip(batch.images.flatten(0, 1), batch.labels.flatten(0, 1), strict=True):
        scan = cohort.scans[round(float(image.flatten()[0]) * 64)]
        windows = scan.labels.unfold(0, 8, 1).unfold(1, 8, 1).unfold(2, 8, 1)
        assert (windows == label).flatten(3).all(-1).any()
        assert image.unique().numel() == 1


def test_starts_say_where_each_patch_was_cut() -> None:
    cohort = numbered(4)
    sampler = PatchSampler.of(cohort, patch=8, batch=16, group=2, device=CPU, location="random_location")
    batch = sampler.draw(generator())
    assert batch.starts.shape == (16, 2, 3)
    images, labels = batch.images.flatten(0, 1), batch.labels.flatten(0, 1)
    for image, label, (i, j, k) in zip(images, labels, batch.starts.flatten(0, 1).tolist(), strict=True):
        scan = cohort.scans[round(float(image.flatten()[0]) * 64)]
        assert torch.equal(scan.labels[i : i + 8, j : j + 8, k : k + 8], label)


@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_slices_and_a_gather_give_the_same_cubes(dtype: torch.dtype) -> None:
    rng = generator()
    stored = torch.float16 if dtype == torch.float32 else torch.uint8
    volumes = (torch.rand(4, 11, 14, 12, generator=rng) * 200).to(stored)
    scans = torch.randint(4, (5, 3), generator=rng)
    starts = torch.stack([torch.randint(side - 6, (5, 3), generator=rng) for side in (11, 14, 12)], dim=-1)
    for layout in (volumes, volumes.transpose(1, 3).contiguous().transpose(1, 3)):
        sliced = _sliced(layout, scans, starts, 7, dtype)
        assert torch.equal(sliced, _gathered(layout, scans, starts, 7, dtype))
        assert sliced.dtype == dtype


@pytest.mark.parametrize("group", [2, 4])
def test_others_are_never_of_the_first_ones_family_nor_of_each_others(group: int) -> None:
    cohort = numbered(5)
    cohort = cohort.only(
        tuple(
            dataclasses.replace(scan, family="twins") if scan.subject in ("person00", "person01") else scan
            for scan in cohort
        )
    )
    families = [scan.family for scan in cohort]
    sampler = PatchSampler.of(cohort, patch=4, batch=64, group=group, device=CPU)
    for seed in range(10):
        scans = (sampler.draw(generator(seed)).images[..., 0, 0, 0].squeeze(2) * 64).round().int()
        for row in scans.tolist():
            assert len({families[scan] for scan in row}) == group


def test_same_location_cuts_all_scans_of_a_group_at_one_place() -> None:
    sampler = PatchSampler.of(numbered(4), patch=6, batch=32, group=3, device=CPU)
    labels = sampler.draw(generator()).labels
    assert torch.equal(labels, labels[:, :1].expand_as(labels))


def test_random_location_cuts_each_scan_at_its_own() -> None:
    sampler = PatchSampler.of(numbered(4), patch=6, batch=32, group=3, device=CPU, location="random_location")
    corners = sampler.draw(generator()).labels[..., 0, 0, 0]
    assert (corners != corners[:, :1]).any(dim=1).float().mean() > 0.9


def test_the_same_generator_seed_gives_the_same_batch() -> None:
    sampler = PatchSampler.of(toy_cohort(range(4)), patch=8, batch=4, group=2, device=CPU)
    one, two, other = sampler.draw(generator(3)), sampler.draw(generator(3)), sampler.draw(generator(4))
    assert torch.equal(one.images, two.images)
    assert torch.equal(one.labels, two.labels)
    assert not torch.equal(one.images, other.images)


def test_two_samplers_of_one_cohort_are_equal() -> None:
    batches = [PatchSampler.of(toy_cohort(range(4)), patch=8, batch=4, device=CPU).draw(generator()) for _ in range(2)]
    assert torch.equal(batches[0].images, batches[1].images)


def test_every_scan_is_drawn_about_equally_often_in_both_places() -> None:
    sampler = PatchSampler.of(numbered(4), patch=4, batch=4000, group=2, device=CPU)
    scans = (sampler.draw(generator()).images[..., 0, 0, 0].squeeze(2) * 64).round().int().numpy()
    for place in range(2):
        counts = np.bincount(scans[:, place], minlength=8)
        assert np.abs(counts - 500).max() < 5 * np.sqrt(500)


def test_centres_cover_the_brain_uniformly_and_nothing_else() -> None:
    cohort = toy_cohort(range(1), visits=1)
    labels = torch.zeros_like(cohort.scans[0].labels)
    labels[5:9, 8:12, 6:10] = 1
    image = torch.arange(labels.numel()).reshape(labels.shape)[None] / 16384  # exact in 16 bits only up to 2048 steps
    image = torch.where(labels > 0, (image * 16384 % 997) / 1024, 0.0)
    cohort = cohort.only((dataclasses.replace(cohort.scans[0], labels=labels, image=image),))
    batch = PatchSampler.of(cohort, patch=1, batch=6400, device=CPU).draw(generator())
    assert (batch.labels == 1).all()
    _, counts = batch.images.flatten().unique(return_counts=True)
    expected = image[labels[None] > 0].half().unique(return_counts=True)[1] * 100
    assert (counts - expected).abs().max() < 60


def test_patch_around_a_voxel_has_it_in_its_middle() -> None:
    cohort = toy_cohort(range(1), visits=1)
    labels = torch.zeros_like(cohort.scans[0].labels)
    labels[10, 12, 9] = 1
    drawn = PatchSampler.of(_brain_of(labels), patch=8, batch=1, device=CPU).draw(generator()).labels[0, 0]
    assert drawn.nonzero().tolist() == [[4, 4, 4]]


def test_patch_at_the_border_is_moved_into_the_volume() -> None:
    cohort = toy_cohort(range(1), visits=1)
    labels = torch.zeros_like(cohort.scans[0].labels)
    labels[0, 23, 1] = 1
    drawn = PatchSampler.of(_brain_of(labels), patch=8, batch=1, device=CPU).draw(generator()).labels[0, 0]
    assert drawn.nonzero().tolist() == [[0, 7, 1]]


def test_patch_as_large_as_the_volume_is_the_volume() -> None:
    cohort = toy_cohort(range(2), visits=1)
    cube = tuple(
        dataclasses.replace(scan, image=scan.image[:, :, 2:22], labels=scan.labels[:, 2:22]) for scan in cohort
    )
    drawn = PatchSampler.of(cohort.only(cube), patch=20, batch=1, device=CPU).draw(generator())
    assert any(torch.equal(drawn.labels[0, 0], scan.labels) for scan in cube)


def test_bad_sizes_are_refused() -> None:
    cohort = toy_cohort(range(3))
    with pytest.raises(BenchError, match="a patch of 21 voxels does not fit scans of 20x24x20"):
        PatchSampler.of(cohort, patch=21, batch=1, device=CPU)
    with pytest.raises(BenchError, match="groups of 4 scans need 4 families, the cohort has 3"):
        PatchSampler.of(cohort, patch=8, batch=1, group=4, device=CPU)
    with pytest.raises(ValueError, match="must be >= 1"):
        PatchSampler.of(cohort, patch=8, batch=0, device=CPU)
    with pytest.raises(BenchError, match="has no scan to cut patches from"):
        PatchSampler.of(cohort.only(()), patch=8, batch=1, device=CPU)


def _brain_of(labels: torch.Tensor) -> Cohort:
    """One scan that shows nothing but what is labelled."""
    cohort = toy_cohort(range(1), visits=1)
    return cohort.only((dataclasses.replace(cohort.scans[0], labels=labels, image=(labels > 0).float()[None]),))


def test_every_other_cube_lies_on_a_lesion_and_the_others_anywhere_in_the_brain() -> None:
    cohort = toy_cohort(range(1), visits=1)
    brain = torch.zeros_like(cohort.scans[0].image)
    brain[:, 2:18, 2:22, 2:18] = 0.5
    lesion = torch.zeros_like(cohort.scans[0].labels)
    lesion[10, 12, 9:11] = 1
    scan = dataclasses.replace(cohort.scans[0], image=brain, labels=lesion)
    batch = PatchSampler.of(cohort.only((scan,)), patch=1, batch=8000, device=CPU).draw(generator())
    assert float(batch.labels.float().mean()) == pytest.approx(0.5, abs=0.03)
    assert (batch.images > 0).all()
    assert len(batch.starts.reshape(-1, 3).unique(dim=0)) > 1000


def test_somebody_without_a_lesion_is_cut_anywhere_in_the_brain() -> None:
    cohort = toy_cohort(range(1), visits=1)
    healthy = dataclasses.replace(cohort.scans[0], labels=torch.zeros_like(cohort.scans[0].labels))
    batch = PatchSampler.of(cohort.only((healthy,)), patch=1, batch=500, device=CPU).draw(generator())
    assert (batch.images > 0).all()
    assert len(batch.starts.reshape(-1, 3).unique(dim=0)) > 300


def test_a_scan_that_shows_nothing_is_named() -> None:
    cohort = toy_cohort(range(1), visits=1)
    scan = cohort.scans[0]
    black = dataclasses.replace(scan, image=torch.zeros_like(scan.image), labels=torch.zeros_like(scan.labels))
    with pytest.raises(BenchError, match="scan person00_visit0 holds no brain voxel"):
        PatchSampler.of(cohort.only((black,)), patch=8, batch=1, device=CPU)


def test_scans_stay_in_main_memory_where_a_gpu_has_no_room(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cohort, gpu = toy_cohort(range(4)), torch.device("cuda")
    needed = 3 * 8 * 20 * 24 * 20
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * needed, 10**12))
    assert _home(cohort, gpu) == gpu
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * needed - 1, 10**12))
    assert _home(cohort, gpu) == CPU
    assert "patches are cut in main memory" in caplog.text
