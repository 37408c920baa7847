"""Everything in a record that follows from its linkage, counted again."""

from collections.abc import Iterator

from bench.errors import BenchError
from bench.leaderboard.submissions.recount.residual import about_residual
from bench.leaderboard.submissions.recount.retrieval import about_retrieval
from bench.leaderboard.submissions.recount.ties import Ties
from bench.leaderboard.submissions.recount.verification import about_verification
from bench.leaderboard.worst_case.linkages import linkages_of
from bench.metrics.retrieval import score_linkage
from bench.metrics.verification import DRAWS, verify
from bench.records.claims import StoredLinkage
from bench.records.schema import Record
from bench.types.threat import Phase

SEED = "recount"
FEWEST_DRAWS = 200
MOST_STEPS = 400_000_000
"""Comparisons times resamples: some minutes."""


def recount(record: Record, linkage: StoredLinkage) -> Iterator[str]:
    """A line for every number that the linkage does not give.

    Scores and rates are the same numbers again, but for ties, which are drawn; intervals and the strangers of the
    residual risk are drawn as well, so these need only be near.

    Args:
        record: of an attack whose goal comes down to a linkage, with scores.
        linkage: the file beside it.
    """
    privacy = record.privacy
    assert privacy is not None
    other = list(_about_scans(record, linkage))
    yield from other
    if other:
        return
    linkages, people, ties = linkages_of(linkage), linkage.people, Ties.of(linkage)
    try:
        found = score_linkage(linkages, people, SEED)
        verified = verify(linkages, people, SEED, draws=_draws(linkage))
    except (BenchError, ValueError) as error:
        yield f"the linkage cannot be scored: {error}"
        return
    yield from about_retrieval(privacy, found, ties)
    if privacy.verification is None:
        yield "no verification view, which the linkage gives"
    else:
        yield from about_verification(privacy.verification, verified)
    if privacy.residual is None:
        yield "no residual risk, which the linkage gives"
    else:
        yield from about_residual(privacy.residual, found, linkages, people, ties)


def _about_scans(record: Record, linkage: StoredLinkage) -> Iterator[str]:
    """Before anything is counted: a linkage of other scans may be far larger than the record's data."""
    people, scans, training = len(linkage.people), record.data.scans, record.attack.threat.phase == Phase.TRAINING
    most = scans.get("train" if training else "test", 0)
    if people > most or (people < most and not training):  # of training, only those whose labels were sent
        yield f"the linkage is of {people} scans, the data have {most}"
    keys = record.settings.get("key_repetitions")
    if isinstance(keys, int) and len(linkage.scores) > max(1, keys):
        yield f"the linkage is under {len(linkage.scores)} sets of keys, the settings say {keys}"


def _draws(linkage: StoredLinkage) -> int:
    """Fewer resamples of very many comparisons: each passes over all of them."""
    return min(DRAWS, max(FEWEST_DRAWS, MOST_STEPS // linkage.scores.size))
