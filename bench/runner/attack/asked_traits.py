"""Which traits an attack is asked about: those that people of both roles are known by."""

from collections.abc import Sequence

from bench.attack import Attack
from bench.errors import BenchError
from bench.types.scan import Cohort, Roles, Scan
from bench.types.threat import Goal
from bench.types.traits import FEWEST_OF_A_SEX, FEWEST_OLD


def asked_traits(auxiliary: Cohort, scans: Sequence[Scan]) -> tuple[str, ...]:
    """The traits that the attacker's own people can teach and those behind these scans can be told apart by."""
    told = auxiliary.only(tuple(scans)).traits
    return tuple(trait for trait in auxiliary.traits if trait in told)


def require_traits(attack: Attack, cohort: Cohort, roles: Roles) -> None:
    """Refuse to ask for what nobody wrote down.

    Raises:
        BenchError: the cohort has neither trait, or too few people in the two roles that matter have one.
    """
    if attack.goal is not Goal.ATTRIBUTE or asked_traits(roles.auxiliary, roles.test.scans):
        return
    if all(scan.traits.age is None and scan.traits.sex is None for scan in cohort):
        raise BenchError(
            f"{attack.name} needs people's age or sex, and cohort {cohort.name} has neither: add columns age or sex "
            "(to participants.tsv for bids, to manifest.csv for manifest), or use --data phantom"
        )
    raise BenchError(
        f"{attack.name} needs {FEWEST_OLD} people of known and different age, or {FEWEST_OF_A_SEX} of either sex, in "
        f"the auxiliary and the test role; cohort {cohort.name} has too few: add people or change `shares`"
    )
