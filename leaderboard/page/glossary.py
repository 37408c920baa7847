"""The numbers behind the page's explanations in plain words."""

from dataclasses import dataclass

from bench.metrics.ranking import chance_average_precision


@dataclass(frozen=True)
class Example:
    """What one score means among some people, one scan each, the patient among them.

    Attributes:
        chance: mAP of a guess.
        found: share of patients who are found at once if everybody else stands where a guess puts them.
    """

    people: int
    score: float
    chance: float
    found: float


def example(people: int = 60, score: float = 0.35) -> Example:
    """An mAP of `score` among `people` people."""
    chance = chance_average_precision(1, people)
    return Example(people, score, chance, (score - chance) / (1 - chance))
