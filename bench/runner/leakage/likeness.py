"""How close reconstructions come to the scans, in the form of the record."""

from collections.abc import Sequence

import torch

from bench.metrics.fidelity import LIMITS, fidelity
from bench.metrics.msssim import settings_for
from bench.metrics.people_means import grouped, mean_over_people
from bench.records.parts import Interval
from bench.runner.leakage.linking import WINDOW, Pictures, as_sent
from bench.types.scan import Cohort, Scan


def likeness(
    repetitions: Sequence[Pictures], scans: Sequence[Scan], auxiliary: Cohort, axes: tuple[str | int, ...]
) -> dict[str, Interval]:
    """MS-SSIM, PSNR and correlation without the mean brain, means over scans, keys and channels.

    Args:
        repetitions: pictures for every set of keys, in the order of the scans.
        scans: the truth.
        auxiliary: the attacker's own scans, whose mean is removed for the correlation.
        axes: seed axes of the intervals.
    """
    truth = torch.stack([as_sent(scan.image) for scan in scans])
    atlas = torch.stack([scan.image for scan in auxiliary]).mean(dim=0)
    settings = settings_for(truth.shape[2:], WINDOW)
    people = [scan.subject for scan in scans]
    measured = [
        [fidelity(channel.float(), truth, atlas, settings) for channel in torch.split(pictures.cpu(), 1, dim=1)]
        for pictures in repetitions
    ]
    found = {}
    for name, limits in LIMITS.items():
        by_key = [
            grouped(people, torch.tensor([channel[name] for channel in channels]).mean(dim=0).tolist())
            for channels in measured
        ]
        found[name] = Interval.of(mean_over_people(by_key, *axes, name, limits=limits))
    return found
