"""How a number is known: whether whoever keeps the leaderboard has run the cell again, and what made it."""

from bench.leaderboard.entry import Entry
from bench.leaderboard.page.facts import Fact
from bench.leaderboard.submissions.compare import Verdict
from bench.records.schema import Record

SHOWN_LETTERS = 16
SHOWN_PACKAGES = ("torch", "monai", "numpy")
CLAIMED = "whoever made the record says so; nobody has run it again"


def provenance_facts(entry: Entry) -> list[Fact]:
    """Whether the cell was checked, and with what, when and where its record was made."""
    record = entry.record
    made = record.environment
    packages = ", ".join(f"{name} {made.packages[name]}" for name in SHOWN_PACKAGES if name in made.packages)
    return [
        _standing(entry.verdict),
        Fact("Unveil", record.unveil_version, "" if made.git is None else f"commit {made.git}"),
        Fact("written", record.created),
        Fact("networks", record.defense.training_hash, _weights(record), "content address of what trained them"),
        Fact("data", record.data.data_hash[:SHOWN_LETTERS], f"split {record.data.split_hash[:SHOWN_LETTERS]}"),
        Fact("Python", made.python, packages),
        Fact("machine", made.processor, f"{made.device}, threads: {made.threads}; {made.platform}"),
    ]


def _weights(record: Record) -> str:
    return "" if record.defense.weights_hash is None else f"weights {record.defense.weights_hash}"


def _standing(verdict: Verdict | None) -> Fact:
    if verdict is None:
        return Fact("standing", "claimed", meaning=CLAIMED)
    again = f"claimed by somebody, run again on {verdict.environment.platform}, {verdict.environment.device}"
    count = len(verdict.comparisons)
    meaning = f"{again}; all {count} numbers agree within their intervals, and shown is what the second run found"
    return Fact("standing", "verified", meaning=meaning)
