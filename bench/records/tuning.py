"""What cross-validation found, and the part of a record that says so."""

from statistics import fmean, stdev
from typing import Any

from pydantic import Field

from bench.records.parts import Number, Part


class FoldScore(Part):
    """One setting, trained without one fold and scored on it."""

    dice: Number = Field(description="mean over people of the average Dice; null if training diverged")
    people: int
    reason: str | None = Field(description="why there is no score")


class SettingScores(Part):
    """One setting on every fold."""

    settings: dict[str, Any]
    folds: list[FoldScore]

    @property
    def mean(self) -> float | None:
        """Over folds; None if one has no score, which rules the setting out."""
        known = [fold.dice for fold in self.folds if fold.dice is not None]
        return fmean(known) if len(known) == len(self.folds) else None

    @property
    def sd(self) -> float | None:
        """Standard deviation over folds."""
        known = [fold.dice for fold in self.folds if fold.dice is not None]
        return stdev(known) if len(known) == len(self.folds) else None


class Tuning(Part):
    """A finished cross-validation."""

    defense: str
    data: str
    preset: str
    seed: int
    folds: int
    command: str
    held: dict[str, Any] = Field(description="settings of the defense that the grid does not name")
    scores: list[SettingScores] = Field(description="in the order of the grid")
    chosen: dict[str, Any] = Field(description="the setting of the highest mean, the first of equals")


class TunedEntry(Part):
    """Settings that were tuned: which, how well they did there, and how to do it again."""

    chosen: dict[str, Any]
    overruled: list[str] = Field(description="tuned settings that --set changed again")
    dice: Number = Field(description="mean Dice on the held-out folds of the training role")
    folds: int
    tuning_hash: str = Field(description="content address of the cross-validation")
    command: str
