"""mAP, macro-F1, rank-1 and CMC as a record says them, beside the same counted again."""

from collections.abc import Iterator

from bench.leaderboard.submissions.recount.said import about_interval, about_number
from bench.leaderboard.submissions.recount.ties import Ties
from bench.metrics.retrieval import Retrieval
from bench.records.goals import RETRIEVAL
from bench.records.privacy import Privacy

TOLERANCE = 0.005
TOLERANCE_OF_CHANCE = 0.02
"""That of the macro-F1 is drawn as well."""
TOLERANCE_OF_BOUNDS = 0.1
"""Over the intervals of our own records, drawn again, none without ties differed by more than half of it."""


def about_retrieval(privacy: Privacy, found: Retrieval, ties: Ties) -> Iterator[str]:
    """A line for every one of these scores that differs, with its chance level and its value under every set of keys.

    Args:
        privacy: of the record.
        found: counted again.
        ties: among the candidates.
    """
    if len(privacy.headline_by_key) != len(found.map_by_key):
        yield (
            f"{len(privacy.headline_by_key)} values under sets of keys, the linkage has {len(found.map_by_key)} tables"
        )
    for number, (said, true) in enumerate(zip(privacy.headline_by_key, found.map_by_key, strict=False), start=1):
        yield from about_number(f"map under set {number} of keys", said, true, TOLERANCE + ties.of_precision)
    chances = (found.chance_map, found.chance_macro_f1, found.chance_rank1, found.chance_cmc5)
    estimates = (found.map, found.macro_f1, found.rank1, found.cmc5)
    for name, estimate, chance in zip(RETRIEVAL, estimates, chances, strict=True):
        score = privacy.scores.get(name)
        if score is None:
            yield f"{name} is missing, which the linkage gives"
            continue
        slack = ties.of_precision if name == RETRIEVAL[0] else ties.of_hits
        yield from about_interval(name, score.value, estimate, TOLERANCE + slack, TOLERANCE_OF_BOUNDS + slack)
        yield from about_number(f"chance of {name}", score.chance, chance, TOLERANCE_OF_CHANCE)
