"""One record as the leaderboard sees it: privacy exists only where the cell is OK."""

from dataclasses import dataclass
from pathlib import Path

from bench.leaderboard.numbers import finite
from bench.leaderboard.submissions.compare import Verdict
from bench.records.parts import Interval
from bench.records.privacy import Privacy, Score, Verification
from bench.records.schema import Record, Status
from bench.records.utility import least_reliable
from bench.types.threat import LAST_RANKED_TIER


@dataclass(frozen=True, eq=False)
class Entry:
    """A record with the names under which its group shows it.

    Attributes:
        path: the record's file; its pictures lie beside it.
        defense: name of the defense, with the settings that tell it from others in the group.
        attack: the same for the attack.
        verdict: of whoever keeps the leaderboard and has run the cell again, where this is what was found.
    """

    path: Path
    record: Record
    defense: str
    attack: str
    verdict: Verdict | None = None

    @property
    def verified(self) -> bool:
        """Whether whoever keeps the leaderboard has run the cell again, and this is what was found."""
        return self.verdict is not None

    @property
    def standing(self) -> str:
        """`verified`, or `claimed` by whoever made the record."""
        return "verified" if self.verified else "claimed"

    @property
    def valid(self) -> bool:
        """Whether the attack ran and passed its checks; only then is a privacy score a score."""
        return self.record.status is Status.OK

    @property
    def scores(self) -> dict[str, Score]:
        """Privacy scores by name; empty unless the cell is OK, whatever the record carries."""
        return {} if self.privacy is None else self.privacy.scores

    @property
    def headline_name(self) -> str | None:
        """Name of the score that the record wants to be ranked by."""
        return None if self.privacy is None else self.privacy.headline

    @property
    def headline(self) -> Score | None:
        """The score that the record wants to be ranked by."""
        return None if self.headline_name is None else self.scores.get(self.headline_name)

    @property
    def leakage(self) -> float | None:
        """The headline value, turned so that larger is always worse for the patient."""
        return None if self.headline is None else self._turned(self.headline.value.value)

    @property
    def leakage_over_a_guess(self) -> float | None:
        """The same, and no less than what a guess gets: below it there is only luck."""
        if self.headline is None or self.leakage is None:
            return None
        chance = self._turned(self.headline.chance)
        return self.leakage if chance is None else max(self.leakage, chance)

    def _turned(self, value: float | None) -> float | None:
        number = finite(value)
        return number if number is None or self.headline is None or self.headline.higher_is_worse else -number

    @property
    def ranked(self) -> bool:
        """Whether this cell may decide its defense's place: valid, measured, and no stronger than T2."""
        return self.leakage is not None and self.record.attack.threat.tier <= LAST_RANKED_TIER

    @property
    def dice(self) -> float | None:
        """Average Dice."""
        return finite(self.record.utility.dice_average.value)

    @property
    def privacy(self) -> Privacy | None:
        """All that was measured of the attack; None unless the cell is OK."""
        return self.record.privacy if self.valid else None

    @property
    def verification(self) -> Verification | None:
        """The verification view; None unless the cell is OK."""
        return None if self.privacy is None else self.privacy.verification

    def control(self, name: str) -> Interval | None:
        """What this control scores by the headline."""
        if self.privacy is None or name not in self.privacy.controls:
            return None
        return self.privacy.controls[name].scores.get(self.privacy.headline)

    @property
    def lowest_icc(self) -> float | None:
        """Test-retest reliability of the least reliable class."""
        return least_reliable(self.record.utility.stability)

    @property
    def queries_used(self) -> int | None:
        """Queries per scan that the attack saw; None where "all" cannot be told as a number."""
        allowed = self.record.attack.threat.queries
        sent = max((point.queries for point in self.record.utility.dice_by_queries), default=None)
        known = [count for count in (allowed, sent) if count is not None]
        return min(known, default=None)
