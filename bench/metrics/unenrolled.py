"""What an attack finds of people who are not there: the control of residual risk for linkage.

Every probe is given a stranger's scans as the ones to find, its own person's are taken out of the gallery, and the
same ranking is scored. A ranking that favours some scans for everybody scores above chance here, too.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from bench.metrics.probes import checked_scores, probes_of
from bench.metrics.ranking import average_precision
from bench.seeds import generator
from bench.types.claim import Repeated, each

STRANGERS = 20
"""Strangers per probe; each is a guess at a person who was never enrolled."""


def unenrolled_precisions(linkages: Repeated, identities: Sequence[str], *axes: str | int) -> dict[str, float]:
    """Average precision per person, averaged over probes, strangers and repetitions; people with two scans or more.

    The stranger takes part with as many scans as the person's own would have, so that chance is nearly the same; where
    nobody else has so many, one of those who have most does with all of theirs, and chance is a little lower.

    Args:
        axes: seed of the choice of strangers and of ties.

    Raises:
        ValueError: the matrix does not fit, holds scores that are not finite, or there is one person only.
    """
    found: dict[str, list[float]] = {}
    for linkage in each(linkages):
        matrix, probes = checked_scores(linkage, len(identities)), probes_of(linkage, len(identities))
        for person, precisions in _of_one(matrix, np.flatnonzero(probes).tolist(), identities, *axes).items():
            found.setdefault(person, []).extend(precisions)
    return {person: float(np.mean(values)) for person, values in found.items()}


def _of_one(
    matrix: Float[np.ndarray, "scan scan"], probes: Sequence[int], identities: Sequence[str], *axes: str | int
) -> dict[str, list[float]]:
    who = np.array(identities)
    visits = Counter(identities)
    found: dict[str, list[float]] = {}
    for probe in probes:
        person = identities[probe]
        if visits[person] == 1:
            continue
        wanted = min(visits[person] - 1, max((count for other, count in visits.items() if other != person), default=0))
        if not wanted:
            raise ValueError("there is one person only, so there is no stranger to look for")
        strangers = sorted(other for other, count in visits.items() if other != person and count >= wanted)
        rng = generator(*axes, "strangers", probe)
        for stranger in rng.choice(strangers, size=STRANGERS):
            own, theirs = who == person, np.flatnonzero(who == stranger)
            relevant = np.zeros(len(who), dtype=bool)
            relevant[rng.permutation(theirs)[:wanted]] = True
            candidates = np.flatnonzero(~own & (relevant | (who != stranger)))
            precision = average_precision(matrix[probe, candidates], relevant[candidates], rng)
            found.setdefault(person, []).append(precision)
    return found
