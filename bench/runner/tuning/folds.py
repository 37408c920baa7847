"""Folds of the training role, families kept together."""

from dataclasses import dataclass

from bench import seeds
from bench.errors import BenchError
from bench.types.scan import Cohort


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold.

    Attributes:
        fit: who trains the defense and serves as references.
        held_out: who is segmented for the score.
    """

    fit: Cohort
    held_out: Cohort


def require_folds(count: int) -> None:
    """Something is held out, and something is left.

    Raises:
        BenchError: `count` < 2.
    """
    if count < 2:
        raise BenchError(f"--folds {count}: cross-validation needs at least 2")


def folds_of(train: Cohort, count: int, seed: int) -> tuple[Fold, ...]:
    """Every family is held out once; the sizes of the folds differ by one family at most.

    The order of families is a hash of seed and name, so it does not depend on the order of the scans.

    Raises:
        BenchError: `count` < 2, or more than there are families.
    """
    families = sorted({scan.family for scan in train}, key=lambda family: (seeds.seed(seed, "fold", family), family))
    require_folds(count)
    if len(families) < count:
        raise BenchError(
            f"--folds {count}: the training role has {len(families)} families; take fewer folds, add people, or give "
            "the role a larger share (--set shares=...)"
        )
    found = []
    for index in range(count):
        held = set(families[index::count])
        found.append(
            Fold(
                fit=train.only(tuple(scan for scan in train if scan.family not in held)),
                held_out=train.only(tuple(scan for scan in train if scan.family in held)),
            )
        )
    return tuple(found)
