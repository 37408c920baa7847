"""Multi-scale structural similarity of volumes.

Source: Wang, Simoncelli, Bovik, "Multiscale structural similarity for image quality assessment", Asilomar 2003,
doi:10.1109/ACSSC.2003.1292216. Conventions follow the package pytorch-msssim 1.0, so that the two agree wherever
that package accepts a shape: Gaussian window without padding, 2x average pooling that zero-pads odd sizes,
negative contrast-structure set to 0. It demands sides above 16 (window - 1) whatever the number of scales; here a
volume needs one window at its coarsest scale, so patches of 32 voxels have a score too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool3d

from bench.errors import BenchError

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the scales, finest first, from the paper's Sec. 3.2."""
K1, K2 = 0.01, 0.03


@dataclass(frozen=True, kw_only=True)
class MsSsimSettings:
    """What defines one MS-SSIM; scores under different settings are not comparable.

    Attributes:
        levels: number of scales, 1 to 5; `settings_for` gives the most that a grid allows.
        window: edge of the Gaussian window in voxels of each scale, odd.
        sigma: standard deviation of the window in voxels.
        data_range: largest minus smallest possible intensity.
    """

    levels: int
    window: int = 7
    sigma: float = 1.5
    data_range: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.levels <= len(SCALE_WEIGHTS):
            raise ValueError(f"levels must be 1 to {len(SCALE_WEIGHTS)}, got {self.levels}")
        _check_window(self.window)
        if not self.sigma > 0:
            raise ValueError(f"sigma must be > 0, got {self.sigma}")
        if not self.data_range > 0:
            raise ValueError(f"data_range must be > 0, got {self.data_range}")

    @property
    def weights(self) -> tuple[float, ...]:
        """The first `levels` exponents, renormalised to sum 1."""
        chosen = SCALE_WEIGHTS[: self.levels]
        return tuple(weight / sum(chosen) for weight in chosen)

    @property
    def taps(self) -> tuple[float, ...]:
        """The one-dimensional Gaussian window, summing to 1 within single precision.

        Rounded as pytorch-msssim rounds it: a sum that is off by 6e-8 shifts the score of unlike images by up to 1e-5.
        """
        offsets = torch.arange(self.window, dtype=torch.float32) - self.window // 2
        bell = torch.exp(-(offsets**2) / (2 * self.sigma**2))
        return tuple((bell / bell.sum()).tolist())

    @property
    def c1(self) -> float:
        """Stabiliser of the luminance term."""
        return (K1 * self.data_range) ** 2

    @property
    def c2(self) -> float:
        """Stabiliser of the contrast-structure term."""
        return (K2 * self.data_range) ** 2


def levels_for(shape: Sequence[int], window: int = 7) -> int:
    """The largest number of scales, at most 5, at which halving `shape` still leaves room for one window.

    Raises:
        BenchError: the grid is smaller than the window.
    """
    _check_window(window)
    smallest = min(shape)
    if smallest < window:
        raise BenchError(
            f"grid {_text(shape)} is too small for MS-SSIM with window {window}: every side must be >= {window}; "
            "use larger volumes or a smaller odd window"
        )
    return max(m for m in range(1, len(SCALE_WEIGHTS) + 1) if smallest // 2 ** (m - 1) >= window)


def settings_for(shape: Sequence[int], window: int = 7) -> MsSsimSettings:
    """The default settings on a grid: as many scales as fit."""
    return MsSsimSettings(levels=levels_for(shape, window), window=window)


def check_images(images: Tensor, settings: MsSsimSettings) -> None:
    """Refuse what the settings cannot score.

    Raises:
        BenchError: the coarsest scale of the grid (the last three axes) is smaller than the window.
        ValueError: less than single precision, in which variances as differences of squares are meaningless.
    """
    if images.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"MS-SSIM needs float32 or float64 images, got {images.dtype}")
    shape = images.shape[-3:]
    # Pooling rounds odd sizes up.
    coarsest = min(math.ceil(side / 2 ** (settings.levels - 1)) for side in shape)
    if coarsest < settings.window:
        raise BenchError(
            f"grid {_text(shape)} is too small for MS-SSIM with {settings.levels} levels and window "
            f"{settings.window}: its coarsest scale has a side of {coarsest}; use fewer levels or a smaller odd window"
        )


def ms_ssim(
    x: Float[Tensor, "pair 1 depth height width"],
    y: Float[Tensor, "pair 1 depth height width"],
    settings: MsSsimSettings,
) -> Float[Tensor, " pair"]:
    """Similarity of every pair, in [0, 1], 1 for equal images; Eq. (7).

    Differentiable, except where a scale's mean contrast-structure is negative: the score is 0 there and its
    gradient undefined.

    Raises:
        BenchError: the grid is too small for the settings.
        ValueError: images of less than single precision.
    """
    check_images(x, settings)
    check_images(y, settings)
    x, y = x[:, 0], y[:, 0]
    terms = []
    for level in range(settings.levels):
        mean_x, mean_y = blurred(x, settings.taps), blurred(y, settings.taps)
        variance_x = blurred(x * x, settings.taps) - mean_x * mean_x
        variance_y = blurred(y * y, settings.taps) - mean_y * mean_y
        covariance = blurred(x * y, settings.taps) - mean_x * mean_y
        term = (2 * covariance + settings.c2) / (variance_x + variance_y + settings.c2)
        if level == settings.levels - 1:  # luminance counts at the coarsest scale only
            term = term * (2 * mean_x * mean_y + settings.c1) / (mean_x**2 + mean_y**2 + settings.c1)
        terms.append(term.mean(dim=(1, 2, 3)))
        if level < settings.levels - 1:
            x, y = halved(x), halved(y)
    return combined(torch.stack(terms), settings).clamp(max=1)  # of equal images rounding gives a little more


def blurred(
    images: Float[Tensor, "scan depth height width"], taps: Sequence[float]
) -> Float[Tensor, "scan valid_depth valid_height valid_width"]:
    """Local weighted means: the window slid over every position where it lies inside the grid.

    Sums of shifted copies: on CPUs several times faster than `conv3d`, and on GPUs free of the TF32 rounding that
    convolutions and matrix products may use, which would drown a variance taken as a difference of squares.
    """
    centre = len(taps) // 2
    for axis in (1, 2, 3):
        length = images.shape[axis] - len(taps) + 1
        total = images.narrow(axis, centre, length) * taps[centre]
        for k in range(centre):
            total.add_(images.narrow(axis, k, length), alpha=taps[k])
            total.add_(images.narrow(axis, len(taps) - 1 - k, length), alpha=taps[k])
        images = total
    return images


def halved(images: Float[Tensor, "scan depth height width"]) -> Float[Tensor, "scan half_depth half_height half_width"]:
    """The next coarser scale: means of 2x2x2 voxels, odd axes padded by a zero in front."""
    padding = [side % 2 for side in images.shape[1:]]
    return avg_pool3d(images[:, None], kernel_size=2, padding=padding)[:, 0]


def combined(terms: Float[Tensor, "level pair"], settings: MsSsimSettings) -> Float[Tensor, " pair"]:
    """Weighted geometric mean over the scales, Eq. (7); negative means count as 0."""
    weights = terms.new_tensor(settings.weights)
    return (terms.relu() ** weights[:, None]).prod(dim=0)


def _check_window(window: int) -> None:
    if window < 1 or window % 2 == 0:
        raise ValueError(f"window must be odd and >= 1, got {window}")


def _text(shape: Sequence[int]) -> str:
    return "x".join(str(side) for side in shape)
