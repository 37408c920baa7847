"""How close reconstructed images are to the truth, scan by scan.

None of these numbers means anything alone: brains look alike, so the mean brain scores high. They are shown beside the
same numbers of the controls.
Sources: MS-SSIM: Wang et al. 2003, see `bench.metrics.msssim`. Normalised cross-correlation after removal of the mean
brain: what is left is what distinguishes people.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from bench.metrics.msssim import MsSsimSettings, ms_ssim

PSNR_CEILING = 100.0
"""Decibels at which an image counts as identical: half precision on the wire allows no more."""
LIMITS: Mapping[str, tuple[float, float]] = {
    "ms_ssim": (0.0, 1.0),
    "psnr": (-PSNR_CEILING, PSNR_CEILING),
    "ncc": (-1.0, 1.0),
}
"""Smallest and largest value of every score."""

Images = Float[Tensor, "scan 1 depth height width"]


def fidelity(
    images: Images, truth: Images, atlas: Float[Tensor, "1 depth height width"], settings: MsSsimSettings
) -> dict[str, list[float]]:
    """Every score of every scan, larger = closer.

    Args:
        images: the reconstructions.
        truth: the clean scans, in [0, 1].
        atlas: the mean brain that is removed before the correlation.
        settings: window and levels of the MS-SSIM.

    Returns:
        `ms_ssim` in [0, 1], `psnr` in decibels for a range of 1 over the whole grid, `ncc` in [-1, 1] over the voxels
        of the atlas and of the scan.
    """
    pairs = list(zip(images.float(), truth.float(), strict=True))
    return {
        "ms_ssim": [float(ms_ssim(image[None], true[None], settings)) for image, true in pairs],
        "psnr": [_psnr(image, true) for image, true in pairs],
        "ncc": [_ncc(image, true, atlas) for image, true in pairs],
    }


def _psnr(image: Tensor, true: Tensor) -> float:
    error = float((image.double() - true.double()).square().mean())
    return (
        PSNR_CEILING
        if error <= 10 ** (-PSNR_CEILING / 10)
        else max(-10 * float(torch.tensor(error).log10()), -PSNR_CEILING)
    )


def _ncc(image: Tensor, true: Tensor, atlas: Tensor) -> float:
    """0 where nothing is left after the atlas is removed: such an image says nothing about the person."""
    inside = (atlas > 0) | (true > 0)
    found, wanted = ((volume - atlas)[inside].double() for volume in (image, true))
    found, wanted = found - found.mean(), wanted - wanted.mean()
    scale = float(found.norm() * wanted.norm())
    return max(-1.0, min(1.0, float(found @ wanted) / scale)) if scale > 1e-12 else 0.0
