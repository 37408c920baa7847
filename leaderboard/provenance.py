"""How a number is known: whether somebody else has run its cell again."""

from pathlib import Path

from bench.leaderboard.facts import Fact
from bench.leaderboard.submissions.verdict import verdict_beside

CLAIMED = "whoever made the record says so; nobody has run it again"


def provenance_facts(record: Path) -> list[Fact]:
    """One line about the record in this file, and one for everything that a second run found otherwise."""
    verdict = verdict_beside(record)
    if verdict is None:
        return [Fact("standing", "claimed", meaning=CLAIMED)]
    again = f"run again on {verdict.environment.platform}, {verdict.environment.device}"
    if verdict.verified:
        count = len(verdict.comparisons)
        return [Fact("standing", "verified", meaning=f"{again}: all {count} numbers agree within their intervals")]
    facts = [Fact("standing", "NOT verified", meaning=f"{again}: it did not come out the same")]
    facts += [Fact("differs", difference) for difference in verdict.differences]
    facts += [Fact(one.name, str(one.claimed), f"found {one.found}") for one in verdict.comparisons if not one.agrees]
    return facts
