"""What one ranked list of candidates says about one probe, and what a random list would say."""

import math

import numpy as np
from jaxtyping import Bool, Float, Int

TIE_DRAWS = 50
"""Random orders over which ties are averaged."""


def ranked(scores: Float[np.ndarray, " candidate"], rng: np.random.Generator) -> Int[np.ndarray, " candidate"]:
    """Candidates from best to worst score; ties in random order, for the given order may carry the answer."""
    return np.lexsort((rng.random(len(scores)), -scores))


def average_precision(
    scores: Float[np.ndarray, " candidate"], relevant: Bool[np.ndarray, " candidate"], rng: np.random.Generator
) -> float:
    """Precision averaged over the full list, in (0, 1], and over random orders of tied candidates.

    Agrees with scikit-learn where nothing is tied. There, tied candidates enter together, so that constant scores give
    less than a random order does on average, which would pass for privacy; here they are a guess.
    """
    draws = 1 if len(np.unique(scores)) == len(scores) else TIE_DRAWS
    found = np.arange(1, int(relevant.sum()) + 1)
    # Without ties the average precision is the mean over relevant candidates of how many stand so far, by place.
    places = [np.flatnonzero(relevant[ranked(scores, rng)]) + 1 for _ in range(draws)]
    return math.fsum(float((found / place).mean()) for place in places) / draws


def chance_average_precision(relevant: int, candidates: int) -> float:
    """Exact expectation of the average precision when all orders are equally likely.

    A relevant candidate stands at each rank k with the same probability; of the k - 1 before it a share of
    (relevant - 1) / (candidates - 1) is relevant on average.
    Source: Bestgen, "Exact expected average precision of the random baseline for system evaluation", PBML 2015.
    """
    _check_counts(relevant, candidates)
    if candidates == 1:
        return 1.0
    density = (relevant - 1) / (candidates - 1)
    return math.fsum((1 + (rank - 1) * density) / rank for rank in range(1, candidates + 1)) / candidates


def chance_hit(relevant: int, candidates: int, depth: int) -> float:
    """Exact probability that a random order has a relevant candidate among its first `depth`; hypergeometric."""
    _check_counts(relevant, candidates)
    drawn = min(depth, candidates)
    return 1 - math.comb(candidates - relevant, drawn) / math.comb(candidates, drawn)


def class_f1(
    true: Int[np.ndarray, " probe"], predicted: Int[np.ndarray, "draw probe"], classes: int
) -> Float[np.ndarray, "draw class"]:
    """F1 of every identity 0 .. `classes` - 1 for many sets of predictions; each must occur in `true`.

    Other predicted identities count as misses of the true one.
    """
    draws = len(predicted)
    rows = np.arange(draws)[:, None]
    guessed = np.zeros((draws, max(classes, int(predicted.max()) + 1)))
    np.add.at(guessed, (rows, predicted), 1)
    hits = np.zeros((draws, classes))
    np.add.at(hits, (rows, true[None, :]), predicted == true[None, :])
    return 2 * hits / (guessed[:, :classes] + np.bincount(true, minlength=classes))


def _check_counts(relevant: int, candidates: int) -> None:
    if not 1 <= relevant <= candidates:
        raise ValueError(f"relevant must be 1 to {candidates} (the candidates), got {relevant}")
