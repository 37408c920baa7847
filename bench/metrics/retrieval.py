"""Re-identification: how well a linkage finds the other scans of the same person, leave one out.

Every scan of a person with at least two scans is a probe; all other scans are its candidates. People with one scan
are never probes but stay among the candidates.
Sources: macro-F1 and mAP as in Kim et al., "Mixup-Privacy: a simple yet effective approach for privacy-preserving
segmentation", IPMI 2023 (they leave open which F1; ours is the macro average of the most similar candidate's
identity); CMC from Phillips et al., "The FERET evaluation methodology", TPAMI 2000.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from bench.errors import BenchError
from bench.metrics.intervals import (
    Statistic,
    bootstrap_subjects,
    expanded_tails,
    mean_of_scans,
    mean_of_subjects,
    wilson,
)
from bench.metrics.ranking import (
    average_precision,
    chance_average_precision,
    chance_hit,
    class_f1,
    ranked,
)
from bench.seeds import generator
from bench.types.claim import Linkage
from bench.types.estimate import Estimate

CMC_DEPTH = 5
CHANCE_DRAWS = 1000
PerSubject = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, eq=False, kw_only=True)
class Retrieval:
    """Scores of a linkage, in [0, 1], larger = worse for privacy, with what knowing nothing scores.

    Attributes:
        macro_f1: mean over people of the F1 of their identity, predicted as that of the best candidate.
        rank1: share of probes whose best candidate is the same person; equals the micro-F1.
        cmc5: share of probes with the same person among the best five.
        map: mean over probes of the average precision over the full list.
        average_precisions: per person, one value per probe.
        hits: per person, 1 where the best candidate is the same person, else 0; one value per probe.
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


def score_linkage(linkage: Linkage, identities: Sequence[str], *axes: str | int) -> Retrieval:
    """The scores of a linkage between scans of these people.

    Args:
        linkage: scores, larger = more alike.
        identities: the person of every row and column.
        axes: seed of ties, of the chance level of the macro-F1 and of the intervals, see `bench.seeds`.

    Raises:
        ValueError: the matrix is not square, does not fit `identities`, or holds scores that are not finite.
        BenchError: nobody has two scans.
    """
    scores = checked_scores(linkage.scores, len(identities))
    visits = Counter(identities)
    # Repeated people first, so that an index below `repeated` is one of the classes of the macro-F1.
    people = sorted(visits, key=lambda person: (visits[person] == 1, person))
    repeated = sum(count > 1 for count in visits.values())
    if repeated == 0:
        raise BenchError(
            f"nobody among {len(people)} people has two scans, so nobody can be re-identified; use revisits"
        )
    who = np.array([people.index(person) for person in identities])
    probes = np.flatnonzero(who < repeated)
    others = np.array([np.delete(np.arange(len(who)), probe) for probe in probes])

    precisions, firsts, found = [], [], []
    for probe, candidates in zip(probes, others, strict=True):
        row, same = scores[probe, candidates], who[candidates] == who[probe]
        order = ranked(row, generator(*axes, "ties", int(probe)))
        precisions.append(average_precision(row, same, generator(*axes, "tied precision", int(probe))))
        firsts.append(who[candidates[order[0]]])
        found.append(float(same[order[:CMC_DEPTH]].any()))
    best = np.array(firsts)
    f1 = per_class_f1(who[probes], best, repeated)

    true = [identities[int(probe)] for probe in probes]
    average_precisions = _grouped(true, precisions)
    hits = _grouped(true, (best == who[probes]).astype(float).tolist())
    counts = [(visits[person] - 1, len(identities) - 1) for person in true]
    f1_of_people = {person: (float(value),) for person, value in zip(people, f1, strict=False)}
    return Retrieval(
        macro_f1=_mean(f1_of_people, mean_of_subjects, *axes, "macro_f1"),
        rank1=_share(hits),
        cmc5=_share(_grouped(true, found)),
        map=_mean(average_precisions, mean_of_scans, *axes, "map"),
        chance_macro_f1=_chance_macro_f1(who, probes, others, repeated, *axes),
        chance_rank1=_average([chance_hit(*count, depth=1) for count in counts]),
        chance_cmc5=_average([chance_hit(*count, depth=CMC_DEPTH) for count in counts]),
        chance_map=_average([chance_average_precision(*count) for count in counts]),
        average_precisions=average_precisions,
        hits=hits,
    )


def per_class_f1(
    true: Int[np.ndarray, " probe"], predicted: Int[np.ndarray, " probe"], classes: int
) -> Float[np.ndarray, " class"]:
    """F1 of every identity 0 .. `classes` - 1, as scikit-learn's `f1_score` without averaging."""
    from sklearn.metrics import f1_score

    return np.asarray(f1_score(true, predicted, labels=np.arange(classes), average=None, zero_division=0))


def checked_scores(scores: Float[Tensor, "probe candidate"], scans: int) -> Float[np.ndarray, "probe candidate"]:
    """The matrix in double precision.

    Raises:
        ValueError: it is not `scans` x `scans`, or holds scores off the diagonal that are not finite.
    """
    if tuple(scores.shape) != (scans, scans):
        raise ValueError(
            f"linkage scores must be {scans} x {scans}, one row and column a scan, got {tuple(scores.shape)}"
        )
    matrix = scores.detach().cpu().double().numpy()
    bad = ~np.isfinite(matrix) & ~np.eye(scans, dtype=bool)
    if bad.any():
        probe, candidate = np.argwhere(bad)[0]
        raise ValueError(
            f"linkage scores must be finite off the diagonal, got {matrix[probe, candidate]} "
            f"for probe {probe} and candidate {candidate} ({int(bad.sum())} such scores)"
        )
    return matrix


def _grouped(true: Sequence[str], values: Sequence[float]) -> dict[str, tuple[float, ...]]:
    grouped: dict[str, tuple[float, ...]] = {}
    for person, value in zip(true, values, strict=True):
        grouped[person] = (*grouped.get(person, ()), value)
    return grouped


def _share(values: PerSubject) -> Estimate:
    """Share of probes; Wilson's interval as if a person's probes said the same thing, the safe side."""
    share = _average([value for scans in values.values() for value in scans])
    if len(values) == 1:
        return Estimate(share, math.nan, math.nan, 1)
    interval = wilson(share * len(values), len(values))
    return Estimate(share, interval.low, interval.high, len(values))


def _mean(values: PerSubject, statistic: Statistic, *axes: str | int) -> Estimate:
    """Mean with a bootstrap over people, or with Wilson's interval where all values agree.

    Resampling equal values gives an interval without width, however few people there are. Nothing with values in
    [0, 1] varies more than a proportion, so Wilson's interval bounds it from the safe side.
    """
    estimate = bootstrap_subjects(values, *axes, statistic=statistic, tails=expanded_tails)
    different = {value for scans in values.values() for value in scans}
    if estimate.n == 1 or len(different) > 1:
        return estimate
    return wilson(different.pop() * estimate.n, estimate.n)


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
