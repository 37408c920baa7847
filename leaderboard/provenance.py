"""How a number is known: whether whoever keeps the leaderboard has run the cell again."""

from pathlib import Path

from bench.leaderboard.facts import Fact
from bench.leaderboard.submissions.verdict import verdict_beside

CLAIMED = "whoever made the record says so; nobody has run it again"


def provenance_facts(record: Path) -> list[Fact]:
    """One line about the record in this file."""
    verdict = verdict_beside(record)
    if verdict is None:
        return [Fact("standing", "claimed", meaning=CLAIMED)]
    again = f"claimed by somebody, run again on {verdict.environment.platform}, {verdict.environment.device}"
    count = len(verdict.comparisons)
    meaning = f"{again}; all {count} numbers agree within their intervals, and shown is what the second run found"
    return [Fact("standing", "verified", meaning=meaning)]
