"""Sequences of noise levels, falling."""

import math


def geometric_sigmas(highest: float = 1.0, lowest: float = 0.01, levels: int = 10) -> tuple[float, ...]:
    """Levels in constant ratio, as in NCSN (Song and Ermon, NeurIPS 2019) and BASIS (its values are the defaults).

    Raises:
        ValueError: fewer than two levels, or not 0 < lowest < highest.
    """
    _check(highest, lowest, levels)
    ratio = (lowest / highest) ** (1 / (levels - 1))
    return tuple(highest * ratio**i for i in range(levels))


def karras_sigmas(
    highest: float = 80.0, lowest: float = 0.002, levels: int = 18, rho: float = 7.0
) -> tuple[float, ...]:
    """Levels of EDM (Karras et al., NeurIPS 2022, Eq. 5), without the final zero: even steps in sigma^(1 / rho).

    Raises:
        ValueError: fewer than two levels, or not 0 < lowest < highest.
    """
    _check(highest, lowest, levels)
    top, bottom = highest ** (1 / rho), lowest ** (1 / rho)
    return tuple((top + i / (levels - 1) * (bottom - top)) ** rho for i in range(levels))


def shell_overlap(dimension: int, ratio: float) -> float:
    """Share of one level's noise within three deviations of the next level's shell, in [0, 1].

    Technique 2 of NCSNv2 (Song and Ermon, NeurIPS 2020, Sec. 3.2) wants about .5: in D dimensions noise of deviation
    sigma lives on a shell of radius sqrt(D) sigma and width sigma / sqrt(2).

    Args:
        dimension: D, number of voxels of a source.
        ratio: the higher noise level over the lower, >= 1; BASIS: 1.668.
    """
    root = math.sqrt(2 * dimension)
    return _phi(root * (ratio - 1) + 3 * ratio) - _phi(root * (ratio - 1) - 3 * ratio)


def _phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


def _check(highest: float, lowest: float, levels: int) -> None:
    if not 0 < lowest < highest:
        raise ValueError(f"noise levels must fall from highest to lowest > 0, got {highest:g} to {lowest:g}")
    if levels < 2:
        raise ValueError(f"a schedule needs at least 2 levels, got {levels}")
