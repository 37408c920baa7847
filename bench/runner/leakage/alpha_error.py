"""How well an attack knows the weight that hides a scan: its alphas beside those in the keys, which it never saw."""

import math
from collections.abc import Sequence
from typing import Any

from bench.metrics.people_means import grouped, mean_over_people
from bench.records.parts import Interval
from bench.records.privacy import Score
from bench.runner.traffic.recording import KeyFor, Traffic
from bench.types.claim import Claim
from bench.types.key import weight_in

ALPHA_ERROR = "alpha_error"


def alpha_error(
    claims: Sequence[Claim], repetitions: Sequence[Traffic], key_for: KeyFor, axes: tuple[str | int, ...]
) -> dict[str, Score]:
    """Mean absolute error of the alphas in the claims' details, if they hold one for every release and keys do too.

    Of an attack that was asked for some releases only, alphas are wanted for those. Where a key has several weights
    (one a query or cube), their mean is the truth. Empty where there is nothing to compare. There is no chance level:
    it depends on the law of alpha; always saying .5 is off by .25 under U(0, 1).

    Args:
        claims: one for every repetition.
        repetitions: the traffic under several sets of keys.
        axes: seed axes of the interval.
    """
    wanted = repetitions[0].wanted
    scans = repetitions[0].scans if wanted is None else [repetitions[0].scans[place] for place in wanted]
    people = [scan.subject for scan in scans]
    errors = []
    for claim, traffic in zip(claims, repetitions, strict=True):
        said = _one_each(claim.details.get("alpha"), len(scans))
        if said is None:
            return {}
        true = [weight_in(key_for(scan, traffic.repetition)) for scan in scans]
        known = [weight for weight in true if weight is not None]
        if len(known) < len(scans):
            return {}
        errors.append(grouped(people, [abs(a - b) for a, b in zip(said, known, strict=True)]))
    value = Interval.of(mean_over_people(errors, *axes, ALPHA_ERROR))
    return {ALPHA_ERROR: Score(value=value, chance=None, higher_is_worse=False)}


def _one_each(said: Any, count: int) -> list[float] | None:
    """Alphas that an attack wrote into its details; whatever else stands there is no statement about alpha."""
    if not isinstance(said, list) or len(said) != count:
        return None
    plain = all(isinstance(one, (int, float)) and math.isfinite(one) and 0 <= one <= 1 for one in said)
    return [float(one) for one in said] if plain else None
