"""Gaussian noise, a yardstick: the scan is sent with white noise on top.

Source: the additive Gaussian mechanism, e.g. Dwork and Roth, "The Algorithmic Foundations of Differential Privacy",
2014, Appendix A; no privacy budget is claimed here, sigma is only a dial with known points.
Secret (the key): the seed of the noise. Public: sigma.
Choices: noise lies on the background too, or the outline of the head would be sent in the clear. Nothing is clipped:
half precision reaches 65504 and rounds values of this size by at most .002, far below any sigma of interest, while
clipping to [0, 1] would shift the mean of dark and bright voxels and make the background half zeros. One segmenter is
trained over the whole range of sigma, log-uniform as a factor of two in noise matters alike at both ends; it is not
told sigma, which it can see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import TEST_ONLY, Defense
from bench.defenses.altered import Altered, PatchImages
from bench.defenses.training import TRAINING_PRESETS
from bench.types.scan import Scan
from bench.types.traffic import Release


@final
@dataclass(frozen=True, kw_only=True)
class Noise(Altered[int]):
    """Send x + sigma n, n ~ N(0, I) fresh for every query.

    Attributes:
        sigma_min, sigma_max: weakest and strongest noise that the segmenter is trained on; intensities are in [0, 1].
        sigma: standard deviation of the noise that is sent, in [sigma_min, sigma_max].
        sigma_grid: values of sigma at which Dice and leakage are reported beside the headline.
        queries: K, the number of noisy copies; the server's answers to them are averaged.
    """

    name: ClassVar[str] = "noise"
    summary: ClassVar[str] = "send the scan with Gaussian noise on top (a yardstick)"
    source: ClassVar[str] = "Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014, App. A"
    family: ClassVar[str] = "noise"
    dial: ClassVar[str] = "sigma"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = TRAINING_PRESETS

    sigma_min: float = 0.05
    sigma_max: float = 0.8
    sigma: float = field(default=0.2, metadata=TEST_ONLY)
    sigma_grid: tuple[float, ...] = field(default=(0.05, 0.1, 0.2, 0.4, 0.8), metadata=TEST_ONLY)
    queries: int = field(default=1, metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = self.sigma_min, self.sigma_max
        if not 0 < low <= high < 100:
            raise ValueError(f"needs 0 < sigma_min <= sigma_max < 100, got {low} and {high}")
        if not all(low <= value <= high for value in (self.sigma, *self.sigma_grid)):
            raise ValueError(
                f"sigma and sigma_grid must be in [{low:g}, {high:g}] (sigma_min, sigma_max), where the segmenter is "
                f"trained, got {self.sigma:g} and {self.sigma_grid}; for no noise use no-proxy"
            )
        if self.queries < 1:
            raise ValueError(f"queries must be >= 1, got {self.queries}")

    @property
    def context(self) -> int:
        """None: noise is drawn voxel by voxel."""
        return 0

    def alter(self, x: PatchImages, rng: torch.Generator) -> PatchImages:
        """Noise of a strength of its own on every patch, log sigma ~ U(log sigma_min, log sigma_max)."""
        draw = torch.rand((len(x), 1, 1, 1, 1), generator=rng, device=x.device)
        sigma = self.sigma_min * (self.sigma_max / self.sigma_min) ** draw
        return x + sigma * torch.randn(x.shape, generator=rng, device=x.device)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> int:
        """The seed of the noise; the same seed at another sigma is the same noise, scaled."""
        return int(rng.integers(2**63))

    def protect(self, image: Float[Tensor, "1 depth height width"], key: int, client: nn.Module) -> Release:
        """The sum of x and sigma n^k."""
        rng = np.random.default_rng(key)  # on the host, so that a key means the same noise on every device
        noise = [torch.from_numpy(rng.standard_normal(image.shape, dtype=np.float32)) for _ in range(self.queries)]
        return Release(image + self.sigma * torch.stack(noise).to(image.device))

    def dialled(self) -> Mapping[float, Defense[Any]]:
        """The same defense at every sigma of `sigma_grid`."""
        return {sigma: replace(self, sigma=sigma, queries=1) for sigma in sorted(self.sigma_grid)}
