"""Residual risk: what an attack gains over the same attack on people who were never there; and who carries it.

Source: Giomi et al., "A unified framework for quantifying privacy risk in synthetic data" (anonymeter), PoPETs 2023.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from bench.metrics.intervals import expanded_tails, wilson
from bench.seeds import generator
from bench.types.estimate import Estimate


def residual_risk(
    attack: Mapping[str, float], control: Mapping[str, float], *axes: str | int, draws: int = 2000
) -> Estimate:
    """Excess of the attack's success over the control's, of what the control leaves: see `excess`, in [-1, 1].

    The interval resamples people with both values. Where all resamples agree, as at 0 % and 100 %, it reaches as far
    as the Wilson intervals of attack and control together; NaN bounds for one person.

    Args:
        attack: success per person, in [0, 1].
        control: the same person's success where there was nothing of theirs to find, in [0, 1].
        axes: seed of the resampling, see `bench.seeds`.
        draws: resamples.

    Raises:
        ValueError: nobody, other people in the control, values outside [0, 1], or no draws.
    """
    if attack.keys() != control.keys():
        raise ValueError(
            f"attack and control need the same people, not in both: {sorted(attack.keys() ^ control.keys())}"
        )
    names = sorted(attack, key=lambda person: (attack[person], control[person]))
    attacked, controlled = _checked(attack, names), _checked(control, names)
    people = len(names)
    value = float(excess(np.array([attacked.mean()]), np.array([controlled.mean()]))[0])
    if people == 1:
        return Estimate(value, math.nan, math.nan, 1)
    counts = _resamples(people, draws, *axes, "paired")
    # Divided last, so that a control of ones stays exactly 1.
    low, high = np.quantile(excess(counts @ attacked / people, counts @ controlled / people), expanded_tails(people))
    low, high = min(float(low), value), max(float(high), value)
    if high - low < 1e-12:
        worst, best = wilson(attacked.sum(), people), wilson(controlled.sum(), people)
        low, high = excess(np.array([worst.low, worst.high]), np.array([best.high, best.low])).tolist()
    return Estimate(value, low, high, people)


def excess(attack: Float[np.ndarray, " *case"], control: Float[np.ndarray, " *case"]) -> Float[np.ndarray, " *case"]:
    """(attack - control) / (1 - control), in [-1, 1]: the share of those safe from the control whom the attack gets.

    Below the control the ratio has no lower bound and no meaning, so it ends at -1. Where the control always
    succeeds there is nothing left to gain: 0 if the attack always does too, else -1.
    """
    gain = attack - control
    left = np.where(control < 1, 1 - control, 1)
    ratio = np.where(control < 1, gain / left, np.where(gain < 0, -1.0, 0.0))
    return np.maximum(ratio, -1.0)


@dataclass(frozen=True, kw_only=True)
class RiskDistribution:
    """How unequally people carry a risk; no names.

    Attributes:
        risks: of every person, rising.
        mean: the average person's.
        p95: the smallest observed risk that at least 95 % of the people do not exceed; with fewer than 20 people
            that is the maximum.
        maximum: the worst.
    """

    risks: tuple[float, ...]
    mean: float
    p95: float
    maximum: float


def risk_distribution(risks: Mapping[str, float]) -> RiskDistribution:
    """The distribution over people of a risk in [0, 1].

    Raises:
        ValueError: nobody, or values outside [0, 1].
    """
    values = _checked(risks, sorted(risks, key=risks.__getitem__))
    return RiskDistribution(
        risks=tuple(values.tolist()),
        mean=math.fsum(values) / len(values),
        p95=float(np.quantile(values, 0.95, method="inverted_cdf")),
        maximum=float(values[-1]),
    )


def _checked(values: Mapping[str, float], names: list[str]) -> Float[np.ndarray, " subject"]:
    if not names:
        raise ValueError("no subjects to estimate from")
    for name in names:
        if not 0 <= values[name] <= 1:
            raise ValueError(f"subject {name!r} has the value {values[name]}; allowed are values in [0, 1]")
    return np.array([values[name] for name in names], dtype=np.float64)


def _resamples(subjects: int, draws: int, *axes: str | int) -> Int[np.ndarray, "draw subject"]:
    """How often every subject is drawn in every resample."""
    if draws < 1:
        raise ValueError(f"draws must be >= 1, got {draws}")
    return generator(*axes, "bootstrap").multinomial(subjects, np.full(subjects, 1 / subjects), size=draws)
