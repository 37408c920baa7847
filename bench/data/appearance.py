"""How a scanner sees the same anatomy on another day: contrast, gamma, bias field and noise.

Source: the generative model of SynthSeg (Billot et al., Medical Image Analysis 86, 2023); Rician magnitude noise from
Gudbjartsson and Patz, Magnetic Resonance in Medicine 34(6), 1995.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from bench.data.warp import Axes, Lattice, draw_lattice

BIAS_CONTROL_MM = 72.0
"""Lattice spacing of the bias field: it changes over the size of a lobe, not of a gyrus."""


@dataclass(frozen=True, kw_only=True)
class AppearanceRange:
    """How much two sessions differ; every number is a standard deviation and 0 switches the effect off.

    Attributes:
        contrast: intensity added to each tissue.
        gamma: logarithm of the exponent.
        bias: logarithm of the multiplicative bias field.
        noise: of the Gaussian noise in both channels of the Rician model; the same in every session.
    """

    contrast: float
    gamma: float
    bias: float
    noise: float

    def __post_init__(self) -> None:
        for name in ("contrast", "gamma", "bias", "noise"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be in [0, 1], got {value}")


@dataclass(frozen=True, eq=False, kw_only=True)
class Appearance:
    """The drawn parameters of one session.

    Attributes:
        contrast: intensity added to each foreground class.
        gamma: exponent of the intensities, > 0.
        log_bias: natural logarithm of the bias field.
        noise: standard deviation of the Rician noise.
        noise_seed: of the noise itself, which has one draw per voxel and is not stored.
    """

    contrast: tuple[float, ...]
    gamma: float
    log_bias: Lattice
    noise: float
    noise_seed: int


def draw_appearance(rng: np.random.Generator, classes: int, spread: AppearanceRange) -> Appearance:
    """A session's parameters for a label map with `classes` foreground classes."""
    contrast = tuple(float(value) for value in rng.normal(0.0, spread.contrast, classes))
    gamma = float(np.exp(rng.normal(0.0, spread.gamma)))
    unit = draw_lattice(rng, 1, BIAS_CONTROL_MM)
    return Appearance(
        contrast=contrast,
        gamma=gamma,
        log_bias=Lattice(np.float32(spread.bias) * unit.coefficients, unit.control_mm),
        noise=spread.noise,
        noise_seed=int(rng.integers(2**63)),
    )


def apply_appearance(
    image: Float[np.ndarray, "depth height width"],
    shares: Float[np.ndarray, "foreground depth height width"],
    inside: Bool[np.ndarray, "depth height width"],
    axes: Axes,
    appearance: Appearance,
) -> Float[np.ndarray, "depth height width"]:
    """The image as this session shows it, in [0, 1] and exactly 0 outside of the brain.

    Args:
        image: clean intensities, nominally in [0, 1].
        shares: how much of each voxel belongs to each foreground class, in [0, 1].
        inside: the brain.
        axes: positions of the voxels in mm, see `bench.data.warp.axes_mm`.
        appearance: what the session drew.
    """
    shift = np.tensordot(np.asarray(appearance.contrast, np.float32), shares, axes=1)
    toned = np.clip(image + shift, 0.0, 1.0) ** np.float32(appearance.gamma)
    biased = toned * np.exp(appearance.log_bias.on(axes)[0])
    rng = np.random.default_rng(appearance.noise_seed)
    real, imaginary = np.float32(appearance.noise) * rng.standard_normal((2, *image.shape), dtype=np.float32)
    magnitude = np.hypot(biased + real, imaginary)
    seen: Float[np.ndarray, "depth height width"] = np.where(inside, np.clip(magnitude, 0.0, 1.0), 0.0)
    return seen.astype(np.float32)
