"""What an attack on traits finds: of two people, who is older, and who is male?"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.metrics.concordance import Concordance, concordance
from bench.metrics.crossed import ANY
from bench.metrics.luck import best_by_luck
from bench.metrics.people_means import grouped, mean_over_people
from bench.records.goals import HEADLINES
from bench.records.parts import Interval
from bench.records.privacy import Score
from bench.runner.attack.asked_traits import asked_traits
from bench.types.claim import Attribute, Claim
from bench.types.scan import Cohort, Scan
from bench.types.threat import Goal
from bench.types.traits import AGE, SEX

Axes = tuple[str | int, ...]

WORST = HEADLINES[Goal.ATTRIBUTE]
"""That of the trait which leaks most."""
ORDERED = {AGE: "age_concordance", SEX: "sex_auc"}
AGE_ERROR = "age_error_years"
CHANCE = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class Told:
    """What the claims under all sets of keys tell.

    Attributes:
        worst: the trait that is told best.
        by_key: its score under every set of keys.
    """

    scores: dict[str, Score]
    worst: str
    by_key: tuple[float, ...]


def tell_traits(claims: Sequence[Claim], scans: Sequence[Scan], auxiliary: Cohort, axes: Axes) -> Told:
    """Every score of every trait that was asked about and predicted, beside chance.

    Args:
        claims: one for every set of keys.
        scans: the scan behind every release, in the order of the claims.
        auxiliary: the attacker's own scans.
        axes: seed axes of the intervals.
    """
    predicted = [claim.predicted for claim in claims if isinstance(claim, Attribute)]
    scores, ordered = {}, {}
    for trait in asked_traits(auxiliary, scans):
        if trait not in predicted[0]:
            continue
        numbers = [scan.traits.number(trait) for scan in scans]
        places = [place for place, number in enumerate(numbers) if number is not None]
        truth = [number for number in numbers if number is not None]
        people = [scans[place].subject for place in places]
        guesses = [one[trait][places].tolist() for one in predicted]
        ordered[trait] = concordance(guesses, truth, people, *axes, trait)
        scores[ORDERED[trait]] = _score(ordered[trait])
        if trait == AGE:
            scores[AGE_ERROR] = _error(guesses, truth, people, auxiliary, (*axes, AGE_ERROR))
    worst = max(ordered, key=lambda trait: ordered[trait].value.value)
    luck = best_by_luck(
        {trait: [one[trait].tolist() for one in predicted] for trait in ordered},
        {trait: [scan.traits.number(trait) for scan in scans] for trait in ordered},
        [scan.subject for scan in scans],
        *axes,
    )
    return Told(scores={WORST: _score(ordered[worst], luck), **scores}, worst=worst, by_key=ordered[worst].by_key)


def _score(found: Concordance, chance: float = CHANCE) -> Score:
    return Score(value=Interval.of(found.value), chance=chance)


def _error(
    guesses: Sequence[Sequence[float]],
    truth: Sequence[float],
    people: Sequence[str],
    auxiliary: Cohort,
    axes: Axes,
) -> Score:
    """Mean absolute error in years; chance is always guessing the mean age of the attacker's own people."""
    errors = [grouped(people, [abs(a - b) for a, b in zip(one, truth, strict=True)]) for one in guesses]
    found = Interval.of(mean_over_people(errors, *axes, limits=ANY))
    low = None if found.low is None else max(found.low, 0.0)
    ages = [scan.traits.age for scan in auxiliary.first_visits() if scan.traits.age is not None]
    usual = sum(ages) / len(ages)
    return Score(
        value=found.model_copy(update={"low": low}),
        chance=sum(abs(usual - age) for age in truth) / len(truth),
        higher_is_worse=False,
    )
