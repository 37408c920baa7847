"""Random patches with labels against MONAI's way: CacheDataset, RandCropByPosNegLabeld, DataLoader."""

from collections.abc import Callable, Iterator

import torch
from monai.data import CacheDataset, DataLoader, list_data_collate
from monai.transforms import Compose, FgBgToIndicesd, RandCropByPosNegLabeld

from bench.data.patches import PatchSampler
from benchmarks.cohorts import made_up
from benchmarks.timing import Row, side_by_side

BATCH, PATCH, SCANS, BATCHES, PAIRS = 4, 32, 16, 64, 7


def measure() -> Iterator[Row]:
    """The same number of patches in batches of the same size."""
    cohort = made_up(SCANS)
    sampler = PatchSampler.of(cohort, patch=PATCH, batch=BATCH, device=torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)

    def ours() -> None:
        for _ in range(BATCHES):
            sampler.draw(generator)

    items = [{"image": scan.image, "label": scan.labels[None]} for scan in cohort]
    crop = RandCropByPosNegLabeld(
        keys=("image", "label"),
        label_key="label",
        spatial_size=(PATCH,) * 3,
        pos=1,
        neg=0,
        num_samples=1,
        fg_indices_key="label_fg_indices",
        bg_indices_key="label_bg_indices",
    )
    # Each scan several times over, as in an epoch of training; foreground is looked up once a scan.
    dataset = CacheDataset(
        items * (BATCHES * BATCH // SCANS),
        Compose([FgBgToIndicesd(keys="label"), crop]),
        progress=False,
    )
    for workers in (0, 2):
        loader = DataLoader(
            dataset,
            batch_size=BATCH,
            shuffle=True,
            num_workers=workers,
            persistent_workers=workers > 0,
            collate_fn=list_data_collate,
        )
        theirs = _epoch(loader)
        theirs()
        ours()
        ours_times, theirs_times = side_by_side(ours, theirs, PAIRS)
        rate = BATCHES * BATCH / min(spent.clock for spent in ours_times)
        yield Row(
            f"{BATCHES} batches of {BATCH} patches of {PATCH}^3",
            ours_times,
            f"MONAI, {workers} workers",
            theirs_times,
            f"{rate:.0f} patches a second",
        )


def _epoch(loader: DataLoader) -> Callable[[], None]:
    def run() -> None:
        for _ in loader:
            pass

    return run
