"""The parts of a record that say what was run on what."""

from typing import Any, Literal

from pydantic import Field

from bench.records.parts import Number, Part
from bench.records.tuning import TunedEntry
from bench.types.threat import GALLERIES, Goal, Phase, ThreatModel


class OriginEntry(Part):
    """Networks that were trained elsewhere, as whoever brought them describes them."""

    method: str
    digest: str = Field(description="hash of the files")
    citation: str | None
    notes: str | None


class DefenseEntry(Part):
    """Which defense, with its resolved settings and what training it took."""

    name: str
    summary: str
    source: str
    settings: dict[str, Any]
    parameters_client: int
    parameters_server: int
    iterations: int
    training_hash: str = Field(description="content address of what the networks were trained with")
    weights_hash: str | None = Field(
        default=None, description="hash of the trained weights; another processor trains others; null in old records"
    )
    loss: dict[str, list[Number]] = Field(description="loss terms, means between the steps in loss_steps")
    loss_steps: list[int]
    tuned: TunedEntry | None = Field(default=None, description="null if no setting comes from `bench tune`")
    trained_elsewhere: OriginEntry | None = Field(default=None, description="null if the suite trained the networks")


class ThreatCard(Part):
    """The attack's threat model."""

    goal: str
    tier: int = Field(ge=0, le=4)
    phase: str
    observes: list[str]
    knows: list[str]
    owns: list[str]
    queries: int | None = Field(description="queries per scan the attack uses; null = all that were sent")

    @property
    def links(self) -> bool:
        """Whether what is claimed comes down to a linkage of the test people's scans: whose scan is it?"""
        return self.goal in GALLERIES and self.phase == Phase.INFERENCE

    @classmethod
    def of(cls, goal: Goal, threat: ThreatModel) -> "ThreatCard":
        """The card of an attack with this goal."""
        return cls(
            goal=goal.value,
            tier=threat.tier.value,
            phase=threat.phase.value,
            observes=sorted(grant.value for grant in threat.observes),
            knows=sorted(grant.value for grant in threat.knows),
            owns=sorted(grant.value for grant in threat.owns),
            queries=threat.queries,
        )


class AttackEntry(Part):
    """Which attack, with its resolved settings and threat card."""

    name: str
    summary: str
    source: str
    settings: dict[str, Any]
    threat: ThreatCard
    isolation: str = Field(description="how the attack was held to its card")
    timeout_seconds: Number = Field(description="limit on one run of the attack; null = none")
    code_hash: str | None = Field(
        default=None, description="of the source of the attack and of what it imports from other plugins; null: unknown"
    )


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
