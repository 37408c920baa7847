"""The part of a record that says what the hospital gets back."""

from collections.abc import Mapping

from pydantic import Field

from bench.records.parts import Interval, Number, Part


class Stability(Part):
    """Test-retest reliability of the Dice score of one class over keys (single measurement)."""

    icc: Number
    low: Number
    high: Number
    kind: str = Field(description="which intraclass correlation, in McGraw and Wong's notation")
    n: int


def least_reliable(stability: Mapping[str, Stability]) -> float | None:
    """The lowest reliability of any class; None where there is none."""
    return min((one.icc for one in stability.values() if one.icc is not None), default=None)


class CurvePoint(Part):
    """Average Dice when only the first `queries` queries are used."""

    queries: int
    dice: Interval


class DialPoint(Part):
    """Average Dice with the defense's dial at one value."""

    value: float
    dice: Interval
    stability: dict[str, Stability] = Field(
        default={}, description="per foreground class: over keys that differ in all but the dial"
    )


class Dial(Part):
    """Dice over the range of the setting that trades utility against hiding; one query per scan."""

    name: str
    points: list[DialPoint]


class Uncertainty(Part):
    """How well the client's uncertainty finds its errors, among voxels where the answer or the truth is foreground."""

    auroc: Interval = Field(description="chance that a wrong voxel is less sure than a right one; .5 says nothing")
    baseline_auroc: Interval = Field(description="the same of one minus the largest probability, free with every map")
    error_rate: Interval
    error_by_tenth: list[Interval] = Field(description="error rate in tenths of the voxels, the surest first")


class Utility(Part):
    """How well the client's recovered segmentation agrees with the reference labels."""

    dice: dict[str, Interval] = Field(description="per foreground class")
    dice_average: Interval
    dice_by_key: list[Number] = Field(description="average Dice under every set of keys; the average is their mean")
    dice_per_subject: dict[str, dict[str, Number]] = Field(
        description="hashed subject -> class -> Dice, mean over keys"
    )
    hd95_mm: dict[str, Interval] = Field(
        default={}, description="95th percentile Hausdorff distance per foreground class, millimetres; lower is better"
    )
    dice_by_queries: list[CurvePoint]
    dice_by_dial: Dial | None = Field(description="null if the defense has no dial")
    stability: dict[str, Stability] = Field(description="per foreground class")
    uncertainty: Uncertainty | None = Field(default=None, description="null if the client cannot tell how sure it is")
    self_checks: dict[str, Interval] = Field(
        default={}, description="what the defense measures of its own mechanism, by name; means over people and keys"
    )
