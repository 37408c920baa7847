"""What MS-SSIM takes from one image alone, at every scale; see `bench.metrics.pairwise_msssim`."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from bench.metrics.msssim import MsSsimSettings, blurred, check_images, halved

VOXELS_PREPARED_AT_ONCE = 2**25
"""Statistics of so many voxels are computed together on a GPU, where an image alone would wait for its many launches;
takes some 700 MB beside the result."""

Images = Sequence[Float[Tensor, "1 depth height width"]] | Float[Tensor, "scan 1 depth height width"]


@dataclass(frozen=True, eq=False)
class Scale:
    """One scale of many images.

    Attributes:
        images: intensities.
        means: local weighted means.
        spreads: a quarter of what the variance and the stabiliser C2 add to the denominator of the
            contrast-structure term, `(2 variance + C2) / 4`, so that the term is
            `(covariance + C2 / 2) / (spread_x + spread_y)`.
    """

    images: Float[Tensor, "scan depth height width"]
    means: Float[Tensor, "scan valid_depth valid_height valid_width"]
    spreads: Float[Tensor, "scan valid_depth valid_height valid_width"]


Pyramid = tuple[Scale, ...]
"""All scales of many images, finest first; takes 3.4 times the memory of the images."""


def pyramid_of(images: Images, settings: MsSsimSettings) -> Pyramid:
    """The statistics of every image, computed image by image, on other devices than CPUs by several at a time.

    Raises:
        BenchError: the grid is too small for the settings.
        ValueError: there are no images, they differ in shape, or they have less than single precision.
    """
    check_cohort(images, settings)
    scales: list[Scale] = []
    together = 1 if images[0].device.type == "cpu" else max(1, VOXELS_PREPARED_AT_ONCE // images[0].numel())
    for start in range(0, len(images), together):
        rows = slice(start, start + together)
        # One image is read as it lies; its neighbours in memory must not change how it is rounded.
        current = images[start].detach() if together == 1 else torch.cat([image.detach() for image in images[rows]])
        for level in range(settings.levels):
            means = blurred(current, settings.taps)
            spreads = torch.addcmul(blurred(current * current, settings.taps), means, means, value=-1)
            spreads.add_(settings.c2 / 2).mul_(0.5)
            if start == 0:
                scales.append(_empty_scale(len(images), current, means))
            scales[level].images[rows] = current
            scales[level].means[rows] = means
            scales[level].spreads[rows] = spreads
            if level < settings.levels - 1:
                current = halved(current)
    return tuple(scales)


def check_cohort(images: Images, settings: MsSsimSettings) -> None:
    """Refuse images that cannot be compared with each other.

    Raises:
        BenchError: the grid is too small for the settings.
        ValueError: there are no images, they differ in shape, or they have less than single precision.
    """
    if len(images) == 0:
        raise ValueError("MS-SSIM of no images; give at least one")
    shapes = {tuple(image.shape) for image in images}
    if len(shapes) > 1:
        raise ValueError(f"images must share one grid, got shapes {sorted(shapes)}")
    for image in images:
        check_images(image, settings)


def _empty_scale(count: int, image: Tensor, means: Tensor) -> Scale:
    return Scale(
        images=image.new_empty((count, *image.shape[1:])),
        means=image.new_empty((count, *means.shape[1:])),
        spreads=image.new_empty((count, *means.shape[1:])),
    )
