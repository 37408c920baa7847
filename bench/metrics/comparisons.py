"""All comparisons of a linkage, sorted once, so that every weighting of the people costs one pass: see `rates`.

Every ordered pair of different scans is a comparison: genuine between scans of one person, impostor between people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from bench.errors import BenchError
from bench.metrics.probes import checked_scores, probes_of
from bench.types.claim import Repeated, each


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparisons:
    """Who is compared with whom, the most alike first.

    Attributes:
        people: in an order that depends on the scores and not on names or the order of the scans.
        probe: the person whose scan is the probe of every impostor comparison, as index into `people`.
        candidate: the other person of every impostor comparison.
        scores: of every impostor comparison, falling.
        genuine: the person of every genuine comparison, as index into `people`.
        genuine_above: for every impostor comparison the number of genuine ones strictly more alike, then their total.
        impostors_above: for every genuine comparison the number of impostor ones strictly more alike.
        impostors_from: for every genuine comparison the number of impostor ones at least as alike.
        repetitions: how many times every pair of scans was compared.
    """

    people: tuple[str, ...]
    probe: Int[np.ndarray, " impostor"]
    candidate: Int[np.ndarray, " impostor"]
    scores: Float[np.ndarray, " impostor"]
    genuine: Int[np.ndarray, " genuine"]
    genuine_above: Int[np.ndarray, " impostor_and_end"]
    impostors_above: Int[np.ndarray, " genuine"]
    impostors_from: Int[np.ndarray, " genuine"]
    repetitions: int = 1

    @property
    def supporting(self) -> int:
        """Impostor comparisons of one repetition: the same two people under other keys are no new impostors."""
        return len(self.probe) // self.repetitions


def compare(linkages: Repeated, identities: Sequence[str]) -> Comparisons:
    """The sorted comparisons of a linkage; those of several repetitions are put together.

    Args:
        linkages: scores, larger = more alike; the diagonal is ignored. One linkage for every repetition.
        identities: the person of every row and column.

    Raises:
        ValueError: the matrix is not square, does not fit `identities`, or holds scores that are not finite.
        BenchError: nobody has two scans, or there is one person only.
    """
    scores = np.stack([checked_scores(linkage, len(identities)) for linkage in each(linkages)])
    names, who = np.unique(np.array(identities, dtype=object).astype(str), return_inverse=True)
    if len(names) == 1:
        raise BenchError("one person only, so nobody can be mistaken for another; use a cohort of more people")
    if len(names) == len(identities):
        raise BenchError(
            f"nobody among {len(names)} people has two scans, so nobody can be recognised; "
            "take data with second visits, or `revisits=simulate`"
        )
    off_diagonal = ~np.eye(len(who), dtype=bool) & probes_of(linkages, len(who))[:, None]
    rows, columns = (np.tile(index, len(scores)) for index in np.nonzero(off_diagonal))
    values, level = np.unique(scores[:, off_diagonal].ravel(), return_inverse=True)
    same = who[rows] == who[columns]
    order = _order_by_scores(level, who[rows], who[columns], len(names))
    place = np.argsort(order)

    falling = np.argsort(-level, kind="stable")
    impostors, genuines = falling[~same[falling]], falling[same[falling]]
    impostor_levels, genuine_levels = -level[impostors], -level[genuines]
    return Comparisons(
        people=tuple(str(names[person]) for person in order),
        probe=place[who[rows[impostors]]],
        candidate=place[who[columns[impostors]]],
        scores=values[-impostor_levels],
        genuine=place[who[rows[genuines]]],
        genuine_above=np.append(np.searchsorted(genuine_levels, impostor_levels, side="left"), len(genuines)),
        impostors_above=np.searchsorted(impostor_levels, genuine_levels, side="left"),
        impostors_from=np.searchsorted(impostor_levels, genuine_levels, side="right"),
        repetitions=len(scores),
    )


def genuine_pairs(identities: Sequence[str]) -> Bool[np.ndarray, "probe candidate"]:
    """True between different scans of one person."""
    who = np.unique(np.array(identities, dtype=object).astype(str), return_inverse=True)[1]
    same: Bool[np.ndarray, "probe candidate"] = (who[:, None] == who[None, :]) & ~np.eye(len(who), dtype=bool)
    return same


def _order_by_scores(
    level: Int[np.ndarray, " comparison"],
    probe: Int[np.ndarray, " comparison"],
    candidate: Int[np.ndarray, " comparison"],
    people: int,
) -> list[int]:
    """People sorted by all their comparisons, so that resamples do not depend on names or on the order of scans.

    People with the very same set of scores keep the order of their names.
    """
    kind = np.where(probe == candidate, 0, 1)
    keys: list[tuple[Any, ...]] = [() for _ in range(people)]
    for person_of in (probe, candidate):
        order = np.lexsort((level, kind, person_of))
        parts = np.split(order, np.searchsorted(person_of[order], np.arange(1, people)))
        keys = [
            (*key, len(part), *(level[part] * 2 + kind[part]).tolist()) for key, part in zip(keys, parts, strict=True)
        ]
    return sorted(range(people), key=keys.__getitem__)
