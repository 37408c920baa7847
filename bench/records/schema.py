"""The record of one cell (defense x attack x cohort x preset x seed), schema version 1.

Numbers that cannot be measured are null, never 0. Intervals are 95 % over subjects.
"""

import math
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bench.types.estimate import Estimate

SCHEMA_VERSION = 1
PROTOCOL_VERSION = "0.1"
"""Changes whenever the same command would measure something else; different protocols are never ranked together."""


def _nan_is_null(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


Number = Annotated[float | None, AfterValidator(_nan_is_null)]


class Part(BaseModel):
    """Base of every part: unknown fields are refused, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(Part):
    """An estimate with its 95 % interval and the number of subjects behind it."""

    value: Number
    low: Number
    high: Number
    n: int = Field(ge=0, description="independent subjects")

    @classmethod
    def of(cls, estimate: Estimate) -> "Interval":
        """The JSON form of an `Estimate`."""
        return cls(value=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n)

    def __str__(self) -> str:
        if self.value is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Status(StrEnum):
    """State of the cell; only OK carries privacy scores."""

    OK = "ok"
    INVALID = "invalid"
    FAILED = "failed"
    TIMEOUT = "timeout"


class DefenseEntry(Part):
    """Which defense, with its resolved settings and what training it took."""

    name: str
    summary: str
    source: str
    settings: dict[str, Any]
    parameters_client: int
    parameters_server: int
    iterations: int
    training_hash: str = Field(description="content address of the trained networks")
    loss: dict[str, list[Number]] = Field(description="loss terms, means between the steps in loss_steps")
    loss_steps: list[int]


class ThreatCard(Part):
    """The attack's threat model."""

    goal: str
    tier: int = Field(ge=0, le=4)
    phase: str
    observes: list[str]
    knows: list[str]
    owns: list[str]
    queries: int | None = Field(description="queries per scan the attack uses; null = all that were sent")


class AttackEntry(Part):
    """Which attack, with its resolved settings and threat card."""

    name: str
    summary: str
    source: str
    settings: dict[str, Any]
    threat: ThreatCard
    isolation: str = Field(description="how the attack was held to its card")
    timeout_seconds: Number = Field(description="limit on one run of the attack; null = none")


class DataEntry(Part):
    """Which scans, how they were split, and what is made up about them."""

    name: str
    settings: dict[str, Any]
    data_hash: str
    split_hash: str
    classes: list[str]
    spacing_mm: float
    shape: list[int]
    synthetic: bool = Field(description="the anatomy itself is made up")
    revisits: Literal["real", "simulated", "none"]
    subjects: dict[str, int] = Field(description="people per role")
    scans: dict[str, int] = Field(description="scans per role")
    notes: list[str]


class Stability(Part):
    """Test-retest reliability of the Dice score of one class over two keys."""

    icc: Number
    low: Number
    high: Number
    kind: str = Field(description="which intraclass correlation, in McGraw and Wong's notation")
    n: int


class CurvePoint(Part):
    """Average Dice when only the first `queries` queries are used."""

    queries: int
    dice: Interval


class DialPoint(Part):
    """Average Dice with the defense's dial at one value."""

    value: float
    dice: Interval


class Dial(Part):
    """Dice over the range of the setting that trades utility against hiding; one query per scan, first key."""

    name: str
    points: list[DialPoint]


class Utility(Part):
    """How well the client's recovered segmentation agrees with the reference labels."""

    dice: dict[str, Interval] = Field(description="per foreground class")
    dice_average: Interval
    dice_per_subject: dict[str, dict[str, Number]] = Field(description="hashed subject -> class -> Dice")
    dice_by_queries: list[CurvePoint]
    dice_by_dial: Dial | None = Field(description="null if the defense has no dial")
    stability: dict[str, Stability] = Field(description="per foreground class")


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
    """What a fixed yardstick (MS-SSIM) scores on pictures that are no attack's work."""

    meaning: str
    scores: dict[str, Interval]


class OperatingPoint(Part):
    """Share of genuine comparisons that are accepted at a false-positive rate."""

    fpr: float
    tpr: Interval | None = Field(description="null where too few impostor comparisons support this rate")


class Verification(Part):
    """Two scans, one question: the same person? Every ordered pair of scans is a comparison."""

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
    """What the attack links: the patient, or the reference that two releases share."""

    reference_preferred: Interval = Field(
        description="share of people for whom another person under the same key looks more alike than they themselves "
        "at another visit under another key"
    )


class LeakPoint(Part):
    """The headline score at one value of what the curve runs along; null where the attack failed there."""

    at: float
    score: Interval


class LeakCurve(Part):
    """Leakage along the number of queries, or along the defense's dial (one query per scan)."""

    along: str
    points: list[LeakPoint]


class Privacy(Part):
    """What the attack achieved."""

    scores: dict[str, Score]
    controls: dict[str, Control] = Field(description="do-nothing, atlas, random other, oracle key, ...")
    headline: str = Field(description="the score that the leaderboard shows")
    verification: Verification
    residual: Residual
    confound: Confound | None = Field(description="null if two keys give the same release, or nobody has two visits")
    by_queries: LeakCurve | None = Field(
        description="null if the attack's card fixes how many queries it uses, or one was sent"
    )
    by_dial: LeakCurve | None = Field(description="null if the defense has no dial")
    linkage: str | None = Field(description="file beside the record that holds the attack's scores")
    details: dict[str, Any] = Field(description="metric settings: window, levels, gallery, ...")


class Cost(Part):
    """What protecting, serving and recovering one scan costs, and what training and attacking cost.

    The only part, beside `created` and `environment`, that differs between two runs of one command.
    """

    client_seconds: Number
    server_seconds: Number
    bytes_sent: int
    bytes_received: int
    training_seconds: Number
    attack_seconds: Number
    total_seconds: Number


class Environment(Part):
    """Where the numbers were made."""

    python: str
    platform: str
    processor: str
    device: str
    threads: int
    packages: dict[str, str]
    git: str | None = Field(description="commit of the checkout, with '+' if it had changes; null outside git")


class Record(Part):
    """Everything about one cell."""

    schema_version: Literal[1] = 1
    protocol_version: str = PROTOCOL_VERSION
    unveil_version: str
    cell: str = Field(description="content address of the cell: same inputs, same cell")
    created: str = Field(description="UTC, ISO 8601")
    command: str
    status: Status
    reason: str | None = Field(description="why the status is not ok")
    preset: str
    seed: int
    settings: dict[str, Any] = Field(description="evaluation settings")
    defense: DefenseEntry
    attack: AttackEntry
    data: DataEntry
    utility: Utility
    validity: Validity | None = Field(description="known-answer checks of the attack; null if they could not be run")
    privacy: Privacy | None = Field(description="null unless the status is ok")
    cost: Cost
    environment: Environment
    pictures: list[str] = Field(description="file names beside the record")
    warnings: list[str]

    @model_validator(mode="after")
    def _only_ok_cells_have_scores(self) -> "Record":
        if (self.privacy is not None) != (self.status is Status.OK):
            raise ValueError(
                f"a record carries privacy scores if and only if its status is ok, got {self.status.value}"
            )
        if self.privacy is not None and self.privacy.headline not in self.privacy.scores:
            raise ValueError(f"headline {self.privacy.headline!r} is none of the scores")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"status {self.status.value} needs a reason")
        return self

    def findings(self) -> dict[str, Any]:
        """The record without what may differ between two runs of one command: times, place, wording of the command."""
        return self.model_dump(mode="json", exclude={"created", "command", "cost", "environment", "unveil_version"})
