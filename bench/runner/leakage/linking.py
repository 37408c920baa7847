"""From a claim to a linkage: every goal is judged by whom it gives away.

A linkage is one already. A reconstruction is compared with clean scans of everybody (by MS-SSIM, or by correlation with
the filter that the attack gave), a label map with everybody's true label maps: the attacker who looks for a person in a
gallery of clean scans. Its own scan is left out, so that the other visit must be found.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bench.metrics.matched_filter import filter_matrix
from bench.metrics.msssim import settings_for
from bench.metrics.pairwise_dice import pairwise_dice
from bench.metrics.pairwise_msssim import ms_ssim_matrix
from bench.runner.traffic import wire
from bench.types.claim import Attribute, Claim, LabelMaps, Linkage, Membership
from bench.types.scan import Cohort, Scan

WINDOW = 7
"""Of the MS-SSIM that links pictures, for every attack and control: so they compare."""
Pictures = Float[Tensor, "scan channel depth height width"]
Labels = UInt8[Tensor, "scan depth height width"]


def linkages_of(
    claims: Sequence[Claim],
    scans: Sequence[Scan],
    auxiliary: Cohort,
    device: torch.device,
    wanted: tuple[int, ...] | None = None,
) -> tuple[Linkage, ...]:
    """The linkage that every claim comes down to.

    Args:
        scans: the scan behind every release, in the order of the claims.
        auxiliary: the attacker's own scans; filters are for what distinguishes people from their mean.
        wanted: which of them a reconstruction was asked of; None for all.
    """
    return tuple(_linkage_of(claim, scans, auxiliary, device, wanted) for claim in claims)


def _linkage_of(
    claim: Claim, scans: Sequence[Scan], auxiliary: Cohort, device: torch.device, wanted: tuple[int, ...] | None
) -> Linkage:
    if isinstance(claim, Linkage):
        return claim
    if isinstance(claim, LabelMaps):
        return Linkage(against_true_labels(claim.labels, scans, device), claim.details)
    if isinstance(claim, Membership | Attribute):
        raise TypeError(f"{type(claim).__name__} says nothing about who a release shows")
    if claim.filters is not None:
        atlas = torch.stack([scan.image for scan in auxiliary]).mean(dim=0)
        clean = torch.stack([as_sent(scan.image) for scan in scans])
        rows = filter_matrix(claim.filters.float().to(device), clean.to(device), atlas.to(device)).cpu()
        return _of_wanted(rows, len(scans), wanted)
    return looked_up(claim.images, scans, device, wanted)


def looked_up(
    pictures: Pictures, scans: Sequence[Scan], device: torch.device, wanted: tuple[int, ...] | None
) -> Linkage:
    """Pictures of the wanted scans, looked up among the clean scans of everybody."""
    return _of_wanted(against_clean(pictures, scans, device), len(scans), wanted)


def _of_wanted(rows: Float[Tensor, "row scan"], scans: int, wanted: tuple[int, ...] | None) -> Linkage:
    if wanted is None:
        return Linkage(rows)
    scores = torch.full((scans, scans), torch.nan, dtype=rows.dtype)
    scores[list(wanted)] = rows
    return Linkage(scores, probes=wanted)


def among_themselves(pictures: Pictures, device: torch.device) -> Float[Tensor, "scan scan"]:
    """MS-SSIM of every pair of pictures, averaged over channels."""
    settings = settings_for(pictures.shape[2:], WINDOW)
    channels = [channel.contiguous().to(device) for channel in torch.split(pictures, 1, dim=1)]
    return torch.stack([ms_ssim_matrix(channel, settings).cpu() for channel in channels]).mean(dim=0)


def against_clean(pictures: Pictures, scans: Sequence[Scan], device: torch.device) -> Float[Tensor, "scan candidate"]:
    """MS-SSIM of every picture with every clean scan, averaged over channels."""
    settings = settings_for(pictures.shape[2:], WINDOW)
    clean = torch.stack([as_sent(scan.image) for scan in scans]).to(device)
    channels = [channel.float().contiguous().to(device) for channel in torch.split(pictures, 1, dim=1)]
    return torch.stack([ms_ssim_matrix(channel, settings, others=clean).cpu() for channel in channels]).mean(dim=0)


def against_true_labels(labels: Labels, scans: Sequence[Scan], device: torch.device) -> Float[Tensor, "scan scan"]:
    """Mean foreground Dice of every label map with every scan's true one."""
    truth = true_labels(scans)
    return pairwise_dice(labels.to(device), truth.to(device), int(max(labels.max(), truth.max())) + 1).cpu()


def true_labels(scans: Sequence[Scan]) -> Labels:
    """What a segmentation of these scans should say."""
    return torch.stack([scan.labels for scan in scans])


def as_sent(image: Float[Tensor, "1 depth height width"]) -> Float[Tensor, "1 depth height width"]:
    """A clean scan with the rounding of the wire."""
    return wire.decode(wire.encode(image), torch.device("cpu"))
