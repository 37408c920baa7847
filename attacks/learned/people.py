"""The attacker's people in two parts, to learn from and to judge by, and made-up people beside them."""

from dataclasses import replace

from bench import seeds
from bench.attacks.learned.visits import another_person
from bench.errors import BenchError
from bench.types.scan import Cohort


def judging_families(own: Cohort, judges: int) -> frozenset[str]:
    """Every `judges`-th family, kept apart from what networks learn; more where there are few, so that two judge.

    Raises:
        BenchError: fewer than four families, two to learn from and two to judge by.
    """
    families = sorted({scan.family for scan in own})
    if len(families) < 4:
        raise BenchError(
            f"the attacker has {len(families)} families, too few to learn from some and to judge by others; "
            "four are the least (raise its share in `shares`)"
        )
    step = min(judges, len(families) // 2)
    return frozenset(families[step - 1 :: step])


def to_learn_and_to_judge(own: Cohort, judges: int) -> tuple[Cohort, Cohort]:
    """The scans of all other families, and those of the judging ones.

    Raises:
        BenchError: fewer than four families.
    """
    apart = judging_families(own, judges)
    return (
        own.only(tuple(scan for scan in own if scan.family not in apart)),
        own.only(tuple(scan for scan in own if scan.family in apart)),
    )


def with_invented(own: Cohort, copies: int, *axes: str | int) -> Cohort:
    """The scans, and `copies` made-up people from each of them; labels stay where they were.

    Args:
        axes: seed axes of their shapes.
    """
    scans = list(own.scans)
    for copy in range(1, 1 + copies):
        for scan in own:
            image = another_person(scan.image, own.spacing_mm, seeds.generator(*axes, "person", scan.subject, copy))
            name = f"{scan.subject}~{copy}"
            scans.append(replace(scan, image=image, subject=name, family=name, simulated=True))
    return own.only(tuple(scans))
