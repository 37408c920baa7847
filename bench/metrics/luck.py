"""What the best of several scores is worth by luck alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from bench.metrics.concordance import in_order
from bench.seeds import generator

DRAWS = 200
Numbers = Float[np.ndarray, "..."]


def best_by_luck(
    predicted: Mapping[str, Sequence[Sequence[float]]],
    traits: Mapping[str, Sequence[float | None]],
    people: Sequence[str],
    *axes: str | int,
    draws: int = DRAWS,
) -> float:
    """Mean of the highest concordance over traits if everybody had somebody else's traits: a permutation of people.

    Of one trait it is about .5, of two above, and the further the fewer people there are. People keep their scans, and
    traits that go together go on together.

    Args:
        predicted: for every trait one number a scan, for every set of keys.
        traits: for every trait the number of every scan; None where it is not known.
        people: whose scan it is.
        axes: seed of the permutations, see `bench.seeds`.
        draws: permutations.

    Raises:
        ValueError: there is no trait.
    """
    if not predicted:
        raise ValueError("no trait was predicted, so there is no best one")
    names = sorted(set(people))
    of_person = {trait: _of_people(traits[trait], people, names) for trait in predicted}
    place = np.array([names.index(person) for person in people])
    rng, best = generator(*axes, "luck"), []
    for _ in range(draws):
        order = rng.permutation(len(names))
        found = [
            _in_order(np.asarray(numbers, dtype=np.float64), of_person[trait][order][place], people)
            for trait, numbers in predicted.items()
        ]
        told = [share for share in found if share is not None]
        best.append(max(told, default=0.5))
    return float(np.mean(best))


def _of_people(numbers: Sequence[float | None], people: Sequence[str], names: Sequence[str]) -> Numbers:
    """The mean over everybody's scans; NaN for who has none."""
    known: dict[str, list[float]] = {}
    for person, number in zip(people, numbers, strict=True):
        if number is not None:
            known.setdefault(person, []).append(number)
    return np.array([np.mean(known[name]) if name in known else np.nan for name in names])


def _in_order(predicted: Numbers, truth: Numbers, people: Sequence[str]) -> float | None:
    """Concordance where the trait is known; None if no two people differ in it."""
    known = np.isfinite(truth)
    if len(set(truth[known].tolist())) < 2:
        return None
    return in_order(
        predicted[:, known], truth[known], [person for person, has in zip(people, known, strict=True) if has]
    )
