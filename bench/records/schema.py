"""The record of one cell (defense x attack x cohort x preset x seed), schema version 1.

Numbers that cannot be measured are null, never 0. Intervals are 95 % over subjects.
"""

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, model_validator

from bench.records.entries import AttackEntry, DataEntry, DefenseEntry
from bench.records.parts import Number, Part
from bench.records.privacy import Privacy, Validity
from bench.records.utility import Utility

SCHEMA_VERSION = 1
PROTOCOL_VERSION = "0.2"
"""Changes whenever the same command would measure something else; different protocols are never ranked together."""


class Status(StrEnum):
    """State of the cell; only OK carries privacy scores."""

    OK = "ok"
    INVALID = "invalid"
    FAILED = "failed"
    TIMEOUT = "timeout"


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
