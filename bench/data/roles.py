"""Who plays which role, decided by family, and the hashes that say so in every record."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench import seeds
from bench.errors import BenchError
from bench.types.scan import Cohort, Roles, Scan

SHARES = (0.35, 0.25, 0.15, 0.25)
"""Of families, for train, references, auxiliary and test."""


def split(cohort: Cohort, shares: Sequence[float] = SHARES, seed: int = 0) -> Roles:
    """Four disjoint roles; a family is never divided and every role gets at least one.

    The order of families is a hash of seed and name and the order within a role is by name, so the result does not
    depend on the order of the scans. No role knows the origin of all scans: one of them is the attacker's.

    Raises:
        ValueError: `shares` are not four positive numbers that add up to 1.
        BenchError: there are fewer families than roles.
    """
    groups = split_families([scan.family for scan in cohort], shares, seed, cohort.name)
    scans = sorted(cohort, key=_natural_order)
    train, references, auxiliary, test = (
        replace(cohort, scans=tuple(scan for scan in scans if scan.family in members), origin=None)
        for members in groups
    )
    return Roles(train=train, references=references, auxiliary=auxiliary, test=test)


def split_families(
    families: Iterable[str], shares: Sequence[float] = SHARES, seed: int = 0, name: str = "data"
) -> tuple[frozenset[str], ...]:
    """The families of each role, in the order of `Roles`.

    Args:
        name: of the cohort, for the message.

    Raises:
        ValueError: `shares` are not four positive numbers that add up to 1.
        BenchError: there are fewer families than roles.
    """
    if len(shares) != 4 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares must be four positive numbers that add up to 1, got {tuple(shares)}")
    order = sorted(set(families), key=lambda family: (seeds.seed(seed, "role", family), family))
    if len(order) < len(shares):
        raise BenchError(f"cohort {name} has {len(order)} families; four disjoint roles need at least 4; add people")
    groups: list[frozenset[str]] = []
    start = 0
    for count in _counts(len(order), shares):
        groups.append(frozenset(order[start : start + count]))
        start += count
    return tuple(groups)


def _counts(families: int, shares: Sequence[float]) -> list[int]:
    """Largest remainders (Hamilton's method) over what is left when every role has one family."""
    quotas = [max(share * families - 1, 0.0) for share in shares]
    spare = families - len(shares)
    quotas = [quota * spare / sum(quotas) if sum(quotas) else 0.0 for quota in quotas]
    counts = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(shares)), key=lambda role: (counts[role] - quotas[role], role))
    for role in by_remainder[: spare - sum(counts)]:
        counts[role] += 1
    return [count + 1 for count in counts]


def _natural_order(scan: Scan) -> tuple[list[tuple[int, int, str]], ...]:
    """Names with their numbers compared as numbers, so that visit 10 comes after visit 9."""
    return tuple(
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name)]
        for name in (scan.subject, scan.session)
    )


def split_hash(roles: Roles) -> str:
    """Hash of which scan and which family plays which role."""
    digest = hashlib.sha256()
    for role, cohort in roles.items():
        for line in sorted(f"{role}\0{scan.family}\0{scan.name}\n" for scan in cohort):
            digest.update(line.encode())
    return digest.hexdigest()


def data_secret(cohort: Cohort) -> str:
    """What only those know who hold the scans: a hash of their files that is never written down.

    Not of their voxels, which processors round differently: the same scans get the same keys everywhere. Keys, the
    order of a transcript and pseudonyms are drawn from it beside the seed. The seed alone is public, and whoever knows
    it could draw them again.
    """
    return _hash_of(cohort, "secret")


def data_hash(cohort: Cohort) -> str:
    """Hash of names, classes, spacing and origin of all scans, whatever their order; without an origin, of voxels."""
    return _hash_of(cohort, "")


def _hash_of(cohort: Cohort, domain: str) -> str:
    digest = hashlib.sha256(f"{domain}{cohort.classes}\0{cohort.spacing_mm}\0{cohort.shape}\n".encode())
    for scan in sorted(cohort, key=lambda scan: scan.name):
        digest.update(f"{scan.name}\0{scan.family}\0{scan.simulated}\n".encode())
        if cohort.origin is None:
            digest.update(scan.image.contiguous().numpy().tobytes())
            digest.update(scan.labels.contiguous().numpy().tobytes())
    digest.update(f"{cohort.origin}".encode())
    return digest.hexdigest()
