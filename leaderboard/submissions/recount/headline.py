"""The mAP of a record beside that of its own linkage: quick enough for every build, where `validate` counts it all."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from bench.leaderboard.submissions.recount.ties import Ties
from bench.metrics.ranking import average_precision
from bench.records.claims import StoredLinkage
from bench.records.goals import RETRIEVAL
from bench.records.privacy import Privacy
from bench.seeds import generator

TOLERANCE = 0.02


def about_headline(privacy: Privacy, linkage: StoredLinkage) -> Iterator[str]:
    """A line if the mAP is another one than the linkage gives; none of records without it."""
    said = privacy.scores.get(RETRIEVAL[0])
    if said is None or said.value.value is None:
        return
    found = mean_average_precision(linkage)
    if abs(said.value.value - found) > TOLERANCE + Ties.of(linkage).of_precision:
        yield f"it says mAP {said.value.value:.3f}, the linkage beside it gives {found:.3f}"


def mean_average_precision(linkage: StoredLinkage) -> float:
    """Over all scans that were asked about whose person has another one, and all sets of keys, see `score_linkage`."""
    scans, people = Counter(linkage.people), np.array(linkage.people)
    asked = range(len(people)) if linkage.probes is None else linkage.probes
    probes = [probe for probe in asked if scans[linkage.people[probe]] > 1]
    found = []
    for table in linkage.scores:
        for probe in probes:
            others = np.delete(np.arange(len(people)), probe)
            rng = generator("headline", "tied precision", int(probe))
            found.append(average_precision(table[probe, others], people[others] == people[probe], rng))
    return float(np.mean(found))
