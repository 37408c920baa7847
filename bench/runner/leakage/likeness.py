"""How close reconstructions come to the scans, in the form of the record."""

from collections.abc import Sequence

import torch
from torch import Tensor

from bench.metrics.fidelity import LIMITS, fidelity
from bench.metrics.msssim import ms_ssim, settings_for
from bench.metrics.people_means import grouped, mean_over_people
from bench.records.parts import Interval
from bench.runner.leakage.linking import WINDOW, Pictures, as_sent
from bench.types.scan import Cohort, Scan

Axes = tuple[str | int, ...]


def likeness(
    repetitions: Sequence[Pictures], scans: Sequence[Scan], auxiliary: Cohort, axes: Axes
) -> dict[str, Interval]:
    """MS-SSIM, PSNR and correlation without the mean brain, means over scans, keys and channels.

    Args:
        repetitions: pictures for every set of keys, in the order of the scans.
        scans: the truth.
        auxiliary: the attacker's own scans, whose mean is removed for the correlation.
        axes: seed axes of the intervals.
    """
    truth = _truth(scans)
    atlas = torch.stack([scan.image for scan in auxiliary]).mean(dim=0)
    settings = settings_for(truth.shape[2:], WINDOW)
    measured = [
        [fidelity(channel.float(), truth, atlas, settings) for channel in torch.split(pictures.cpu(), 1, dim=1)]
        for pictures in repetitions
    ]
    return {
        name: _mean(
            [torch.tensor([channel[name] for channel in channels]).mean(dim=0).tolist() for channels in measured],
            scans,
            limits,
            (*axes, name),
        )
        for name, limits in LIMITS.items()
    }


def better_of_two(repetitions: Sequence[tuple[Pictures, Pictures]], scans: Sequence[Scan], axes: Axes) -> Interval:
    """MS-SSIM of whichever of two sources is closer to the scan, chosen with the truth in hand: no attack could.

    Source: Jayaram and Thickstun, ICML 2020, score their separations under the best permutation of the sources.

    Args:
        repetitions: both sources for every set of keys, in the order of the scans.
    """
    truth = _truth(scans)
    settings = settings_for(truth.shape[2:], WINDOW)

    def closeness(pictures: Pictures) -> Tensor:
        pairs = zip(pictures.float().cpu(), truth.float(), strict=True)
        return torch.tensor([float(ms_ssim(image[None], true[None], settings)) for image, true in pairs])

    better = [torch.maximum(closeness(one), closeness(other)).tolist() for one, other in repetitions]
    return _mean(better, scans, LIMITS["ms_ssim"], (*axes, "better of two"))


def _truth(scans: Sequence[Scan]) -> Tensor:
    return torch.stack([as_sent(scan.image) for scan in scans])


def _mean(
    values: Sequence[Sequence[float]], scans: Sequence[Scan], limits: tuple[float, float], axes: Axes
) -> Interval:
    people = [scan.subject for scan in scans]
    return Interval.of(mean_over_people([grouped(people, one) for one in values], *axes, limits=limits))
