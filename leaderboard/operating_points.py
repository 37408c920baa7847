"""What a verification says at one rate of false alarms."""

from collections.abc import Sequence

from bench.records.parts import Interval
from bench.records.privacy import OperatingPoint


def tpr_at(points: Sequence[OperatingPoint], fpr: float) -> Interval | None:
    """The TPR at this FPR; None where it is not supported or was not measured."""
    return next((point.tpr for point in points if abs(point.fpr - fpr) < 1e-9), None)
