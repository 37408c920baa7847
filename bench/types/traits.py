"""What is known of people beside their scans, and what an attacker may be after: their age and their sex."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Sex(StrEnum):
    """The two values that are told apart; whoever is neither, or does not say, has none here."""

    FEMALE = "F"
    MALE = "M"


AGE, SEX = "age", "sex"
TRAITS: Final[Mapping[str, str]] = MappingProxyType(
    {AGE: "in years", SEX: "larger = more likely male"},
)
"""Every trait that can be asked about, with what a prediction of it means."""
FEWEST_OLD, FEWEST_OF_A_SEX = 4, 2


@dataclass(frozen=True)
class Traits:
    """Of one person at one scan; None where nobody knows.

    Attributes:
        age: in years.
    """

    age: float | None = None
    sex: Sex | None = None

    def number(self, trait: str) -> float | None:
        """The trait as a number: age in years, sex as 1 for male and 0 for female; None where it is not known."""
        if trait == AGE:
            return self.age
        return None if self.sex is None else float(self.sex is Sex.MALE)


UNKNOWN = Traits()


def told_by(people: Mapping[str, Sequence[Traits]]) -> tuple[str, ...]:
    """The traits by which these people can be told apart: two of either sex, four of known and not all the same age.

    Fewer teach an attacker nothing, and say nothing about an attack.

    Args:
        people: the traits of everybody's scans.
    """
    ages = [traits[0].age for traits in people.values() if traits[0].age is not None]
    sexes = [traits[0].sex for traits in people.values() if traits[0].sex is not None]
    found = {
        AGE: len(ages) >= FEWEST_OLD and len(set(ages)) > 1,
        SEX: min(sexes.count(sex) for sex in Sex) >= FEWEST_OF_A_SEX,
    }
    return tuple(trait for trait in TRAITS if found[trait])
