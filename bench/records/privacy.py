"""The part of a record that says what the attacker gets, and what that is worth."""

from typing import Any

from pydantic import Field

from bench.records.parts import Interval, Number, Part
from bench.types.estimate import Estimate


class Score(Part):
    """One privacy number beside the score of knowing nothing."""

    value: Interval
    chance: Number
    higher_is_worse: bool = True


class LeakCheck(Part):
    """What the attack made of a defense that is known to hide little or nothing, at smoke size."""

    passed: bool
    score: Score | None = Field(description="headline score; null if the attack did not get that far")
    reason: str | None = Field(description="why it did not pass")


class Validity(Part):
    """Known-answer checks of the attack. An attack that fails one proves nothing about any defense."""

    leaks: dict[str, LeakCheck]

    @property
    def passed(self) -> bool:
        """Whether every planted leak was found."""
        return all(leak.passed for leak in self.leaks.values())


class Control(Part):
    """What a fixed yardstick (MS-SSIM, or Dice of label maps) scores on pictures that are no attack's work."""

    meaning: str
    scores: dict[str, Interval]


class OperatingPoint(Part):
    """Share of genuine comparisons that are accepted at a false-positive rate."""

    fpr: float
    tpr: Interval | None = Field(description="null where too few impostor comparisons support this rate")

    @classmethod
    def of(cls, fpr: float, tpr: Estimate | None) -> "OperatingPoint":
        """The JSON form of one point of an ROC."""
        return cls(fpr=fpr, tpr=None if tpr is None else Interval.of(tpr))


class Verification(Part):
    """Two scans, one question: the same person? Every ordered pair of scans is a comparison.

    Where membership is the goal the question is whether a candidate was trained on, every candidate is a comparison,
    and members are the genuine ones.
    """

    auc: Interval
    operating_points: list[OperatingPoint] = Field(description="at FPR 10 %, 1 % and 0.1 %")
    smallest_fpr: Number = Field(description="smallest rate that the impostor comparisons support")
    roc: list[OperatingPoint]
    genuine: int
    impostors: int
    fpr_per_subject: dict[str, Number] = Field(description="hashed subject -> false alarms at the headline rate")
    tpr_per_subject: dict[str, Number] = Field(description="hashed subject -> recognised at the headline rate")


class Residual(Part):
    """What the attack finds of people beyond what it finds of people who are not there."""

    excess: Interval = Field(description="(attack - control) / (1 - control), of the headline score")
    control: Number = Field(description="mean headline score when looking for strangers")
    mean: Number
    p95: Number
    maximum: Number
    per_subject: dict[str, Number] = Field(description="hashed subject -> headline score")


class Confound(Part):
    """How far a key that two releases share would outweigh the patient; in the traffic no two share one."""

    reference_preferred: Interval = Field(
        description="share of people for whom another person under the same key looks more alike than they themselves "
        "at another visit under another key; null where the attack failed"
    )
    reason: str | None = Field(default=None, description="how the attack failed here; null where it did not")


class LeakPoint(Part):
    """The headline score at one value of what the curve runs along; null where the attack failed there."""

    at: float
    score: Interval
    reason: str | None = Field(default=None, description="how the attack failed there; null where it did not")


class LeakCurve(Part):
    """Leakage along the number of queries, or along the defense's dial (one query per scan)."""

    along: str
    points: list[LeakPoint]


class TracePoint(Part):
    """How close images came with so much of what the trace runs along."""

    at: float
    scores: dict[str, Interval]


class Trace(Part):
    """What more work buys a reconstruction: its first few images, along calls of the prior, restarts, or queries."""

    along: str
    points: list[TracePoint]


class Privacy(Part):
    """What the attack achieved."""

    scores: dict[str, Score]
    controls: dict[str, Control] = Field(description="do-nothing, atlas, random other, oracle key, ...")
    headline: str = Field(description="the score that the leaderboard shows")
    headline_by_key: list[Number] = Field(description="its value under every set of keys; the score is their mean")
    verification: Verification | None = Field(description="null where traits are the goal")
    residual: Residual | None = Field(default=None, description="null where membership or traits are the goal")
    confound: Confound | None = Field(
        description="null for attacks that do not link or see more than releases, if two keys give the same release, "
        "or if nobody has two visits"
    )
    by_queries: LeakCurve | None = Field(
        description="null if the attack's card fixes how many queries it uses, one was sent, or as said under "
        "`details.not_measured_along`"
    )
    by_dial: LeakCurve | None = Field(
        description="null if the defense has no dial, or as under `details.not_measured_along`"
    )
    traces: list[Trace] = Field(default_factory=list, description="what more work buys the attack, if it says")
    linkage: str | None = Field(description="file beside the record that holds the attack's scores")
    details: dict[str, Any] = Field(description="metric settings: window, levels, gallery, ...")

    @property
    def auc(self) -> float | None:
        """AUC of the verification view; None without one."""
        return None if self.verification is None else self.verification.auc.value
