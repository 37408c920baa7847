"""Re-identification: how well a linkage finds the other scans of the same person, leave one out.

Every scan of a person with at least two scans is a probe; all other scans are its candidates. People with one scan
are never probes but stay among the candidates. Of a costly attack only some scans are probes (`bench.metrics.probes`).
Sources: macro-F1 and mAP as in Kim et al., "Mixup-Privacy: a simple yet effective approach for privacy-preserving
segmentation", IPMI 2023 (they leave open which F1; ours is the macro average of the most similar candidate's
identity); CMC from Phillips et al., "The FERET evaluation methodology", TPAMI 2000.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from bench.errors import BenchError
from bench.metrics.intervals import wilson
from bench.metrics.people_means import PerSubject, grouped, mean_over_people
from bench.metrics.probes import checked_scores, probes_of
from bench.metrics.ranking import (
    average_precision,
    chance_average_precision,
    chance_hit,
    class_f1,
    ranked,
)
from bench.seeds import generator
from bench.types.claim import Repeated, each
from bench.types.estimate import Estimate

CMC_DEPTH = 5
CHANCE_DRAWS = 1000


@dataclass(frozen=True, eq=False, kw_only=True)
class Retrieval:
    """Scores of a linkage, in [0, 1], larger = worse for privacy, with what knowing nothing scores.

    Attributes:
        macro_f1: mean over people of the F1 of their identity, predicted as that of the best candidate.
        rank1: share of probes whose best candidate is the same person; equals the micro-F1.
        cmc5: share of probes with the same person among the best five.
        map: mean over probes of the average precision over the full list.
        average_precisions: per person, one value per probe and repetition.
        hits: per person, 1 where the best candidate is the same person, else 0; one value per probe and repetition.
        map_by_key: the mAP of every repetition.
    """

    macro_f1: Estimate
    rank1: Estimate
    cmc5: Estimate
    map: Estimate
    chance_macro_f1: float
    chance_rank1: float
    chance_cmc5: float
    chance_map: float
    average_precisions: PerSubject
    hits: PerSubject
    map_by_key: tuple[float, ...]


def score_linkage(linkages: Repeated, identities: Sequence[str], *axes: str | int) -> Retrieval:
    """The scores of a linkage between scans of these people; of several repetitions, their means.

    Intervals resample people and repetitions, see `bench.metrics.crossed`.

    Args:
        linkages: scores, larger = more alike; one linkage for every repetition of the traffic under fresh keys.
        identities: the person of every row and column.
        axes: seed of ties, of the chance level of the macro-F1 and of the intervals, see `bench.seeds`.

    Raises:
        ValueError: a matrix is not square, does not fit `identities`, or holds scores that are not finite.
        BenchError: nobody has two scans.
    """
    visits = Counter(identities)
    matrices = [checked_scores(linkage, len(identities)) for linkage in each(linkages)]
    asked = probes_of(linkages, len(identities))
    sought = {name for name, probe in zip(identities, asked, strict=True) if probe and visits[name] > 1}
    # Sought people first, so that an index below `repeated` is one of the classes of the macro-F1.
    people = sorted(visits, key=lambda person: (person not in sought, person))
    repeated = len(sought)
    if repeated == 0:
        raise BenchError(
            f"nobody among {len(people)} people has two scans, so nobody can be re-identified; "
            "take data with second visits, or `revisits=simulate`"
        )
    who = np.array([people.index(person) for person in identities])
    probes = np.flatnonzero((who < repeated) & asked)
    others = np.array([np.delete(np.arange(len(who)), probe) for probe in probes])

    rankings = [_rankings(matrix, who, probes, others, _ties(place, *axes)) for place, matrix in enumerate(matrices)]
    true = [identities[int(probe)] for probe in probes]
    precisions, hits, found = (
        [grouped(true, getattr(ranking, name)) for ranking in rankings] for name in ("precisions", "hits", "found")
    )
    f1 = [
        {
            person: (float(value),)
            for person, value in zip(people, per_class_f1(who[probes], ranking.firsts, repeated), strict=False)
        }
        for ranking in rankings
    ]
    counts = [(visits[person] - 1, len(identities) - 1) for person in true]
    return Retrieval(
        macro_f1=mean_over_people(f1, *axes, "macro_f1"),
        rank1=_share(hits, *axes, "rank1"),
        cmc5=_share(found, *axes, "cmc5"),
        map=mean_over_people(precisions, *axes, "map"),
        chance_macro_f1=_chance_macro_f1(who, probes, others, repeated, *axes),
        chance_rank1=_average([chance_hit(*count, depth=1) for count in counts]),
        chance_cmc5=_average([chance_hit(*count, depth=CMC_DEPTH) for count in counts]),
        chance_map=_average([chance_average_precision(*count) for count in counts]),
        average_precisions=_joined(precisions),
        hits=_joined(hits),
        map_by_key=tuple(_average([value for values in one.values() for value in values]) for one in precisions),
    )


@dataclass(frozen=True, eq=False)
class _Ranking:
    """What every probe's list of candidates says, in the order of the probes."""

    precisions: list[float]
    hits: list[float]
    found: list[float]
    firsts: Int[np.ndarray, " probe"]


def _ties(place: int, *axes: str | int) -> tuple[str | int, ...]:
    return axes if place == 0 else (*axes, "repetition", place)


def _rankings(
    scores: Float[np.ndarray, "scan scan"],
    who: Int[np.ndarray, " scan"],
    probes: Int[np.ndarray, " probe"],
    others: Int[np.ndarray, "probe candidate"],
    axes: tuple[str | int, ...],
) -> _Ranking:
    precisions, firsts, hits, found = [], [], [], []
    for probe, candidates in zip(probes, others, strict=True):
        row, same = scores[probe, candidates], who[candidates] == who[probe]
        order = ranked(row, generator(*axes, "ties", int(probe)))
        precisions.append(average_precision(row, same, generator(*axes, "tied precision", int(probe))))
        firsts.append(who[candidates[order[0]]])
        hits.append(float(same[order[0]]))
        found.append(float(same[order[:CMC_DEPTH]].any()))
    return _Ranking(precisions, hits, found, np.array(firsts))


def per_class_f1(
    true: Int[np.ndarray, " probe"], predicted: Int[np.ndarray, " probe"], classes: int
) -> Float[np.ndarray, " class"]:
    """F1 of every identity 0 .. `classes` - 1, as scikit-learn's `f1_score` without averaging."""
    from sklearn.metrics import f1_score

    return np.asarray(f1_score(true, predicted, labels=np.arange(classes), average=None, zero_division=0))


def _joined(repetitions: Sequence[PerSubject]) -> dict[str, tuple[float, ...]]:
    """Every person's values of all repetitions, one after the other."""
    return {person: tuple(value for one in repetitions for value in one[person]) for person in repetitions[0]}


def _share(repetitions: Sequence[PerSubject], *axes: str | int) -> Estimate:
    """A proportion of probes.

    Of one repetition with Wilson's interval, as if a person's probes said the same thing, the safe side. Over several
    repetitions a person's share is no longer a yes or no.
    """
    if len(repetitions) > 1:
        return mean_over_people(repetitions, *axes)
    (values,) = repetitions
    share = _average([value for scans in values.values() for value in scans])
    if len(values) == 1:
        return Estimate(share, math.nan, math.nan, 1)
    interval = wilson(share * len(values), len(values))
    return Estimate(share, interval.low, interval.high, len(values))


def _chance_macro_f1(
    who: Int[np.ndarray, " scan"],
    probes: Int[np.ndarray, " probe"],
    others: Int[np.ndarray, "probe candidate"],
    classes: int,
    *axes: str | int,
) -> float:
    """Macro-F1 of naming a random candidate, averaged over simulations: it has no simple closed form."""
    guesses = generator(*axes, "chance").integers(others.shape[1], size=(CHANCE_DRAWS, len(probes)))
    predicted = who[others[np.arange(len(probes)), guesses]]
    return float(class_f1(who[probes], predicted, classes).mean())


def _average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
