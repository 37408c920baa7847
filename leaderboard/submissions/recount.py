"""The scores of a record counted again from the linkage that it was scored on."""

from collections.abc import Iterator

import numpy as np

from bench.errors import BenchError
from bench.leaderboard.worst_case.linkages import linkages_of
from bench.metrics.retrieval import score_linkage
from bench.records.claims import StoredLinkage
from bench.records.privacy import Privacy

TOLERANCE = 0.005
TOLERANCE_OF_TIES = 0.1
"""More where all candidates tie, in proportion where some do: their order is drawn, under another seed here."""
TOLERANCE_OF_CHANCE = 0.02
"""That of the macro-F1 is drawn as well."""


def recount(privacy: Privacy, linkage: StoredLinkage) -> Iterator[str]:
    """A line for every retrieval score that the linkage does not give, and for every chance level that is not its own.

    Args:
        privacy: of a record whose goal comes down to a linkage.
    """
    try:
        found = score_linkage(linkages_of(linkage), linkage.people, "recount")
    except (BenchError, ValueError) as error:
        yield f"the linkage cannot be scored: {error}"
        return
    if len(privacy.headline_by_key) != len(linkage.scores):
        yield f"{len(privacy.headline_by_key)} values under sets of keys, the linkage has {len(linkage.scores)} tables"
    tolerance = TOLERANCE + TOLERANCE_OF_TIES * _tied(linkage)
    counted = {
        "map": (found.map.value, found.chance_map),
        "macro_f1": (found.macro_f1.value, found.chance_macro_f1),
        "rank1": (found.rank1.value, found.chance_rank1),
        "cmc5": (found.cmc5.value, found.chance_cmc5),
    }
    for name, (value, chance) in counted.items():
        score = privacy.scores.get(name)
        if score is None:
            continue
        for what, said, true, allowed in (
            (name, score.value.value, value, tolerance),
            (f"chance of {name}", score.chance, chance, TOLERANCE_OF_CHANCE),
        ):
            if said is not None and true is not None and abs(said - true) > allowed:
                yield f"{what} is {said:.3f}, the linkage gives {true:.3f}"
        if score.value.n > len(set(linkage.people)):
            yield f"{name} speaks of {score.value.n} people, the linkage of {len(set(linkage.people))}"


def _tied(linkage: StoredLinkage) -> float:
    """Share of candidates that score like the next one."""
    ordered = np.sort(linkage.scores, axis=-1)
    return float((np.diff(ordered, axis=-1) == 0).mean())
