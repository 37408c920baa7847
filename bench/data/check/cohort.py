"""Looking at all scans together: duplicates, relatives, visits, roles, and what they need on disk and in memory."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from bench.data.check.scan import Look, ScanReport
from bench.data.listed import FEWEST_FAMILIES
from bench.data.nifti import DOES_NOT_EXIST
from bench.data.roles import SHARES, split_families
from bench.data.row import Listing, same_voxels
from bench.dataset import Grid

NEAREST = 5
NEIGHBOURS = 10
STANDS_OUT = 5.0
"""So many times the usual gap (median absolute deviation over all pairs) above the usual likeness is no accident."""
ROLES = ("train", "references", "auxiliary", "test")
BYTES_A_VOXEL = 5
"""A 32-bit intensity and an 8-bit label, mapped from the cache."""


@dataclass(frozen=True)
class Likeness:
    """Two people whose scans are more alike than others.

    Attributes:
        correlation: of their fine structure, in [-1, 1].
        stands_out: how far above the usual for these two, in robust standard deviations.
        declared: they are one family already.
    """

    one: str
    other: str
    correlation: float
    stands_out: float
    declared: bool

    @property
    def suspicious(self) -> bool:
        """Probably relatives, or one person under two names, and nobody said so."""
        return self.stands_out >= STANDS_OUT and not self.declared


@dataclass(frozen=True, kw_only=True)
class CohortReport:
    """Everything about a cohort of files.

    Attributes:
        problems: lines about what must be mended.
        warnings: lines about what should be looked at.
        nearest: the people who are most alike, most alike first.
        visits: how many people have so many visits.
        roles: people in each role at the default shares and seed.
        disk_gb: of the raw files.
        needs_gb: of the cohort on the grid of each preset, on disk, and mapped into memory from there.
    """

    scans: tuple[ScanReport, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    nearest: tuple[Likeness, ...]
    visits: Mapping[int, int]
    families: int
    roles: Mapping[str, int]
    disk_gb: float
    needs_gb: Mapping[str, float]


def report_on(listing: Listing, looks: Sequence[Look], grids: Mapping[str, Grid]) -> CohortReport:
    """What the scans of a listing are together.

    Args:
        looks: one for each row of the listing.
        grids: the grid of each preset.
    """
    scans = tuple(look.report for look in looks)
    families = {scan.family for scan in scans}
    missing = {scan.problem for scan in scans if scan.problem.endswith(DOES_NOT_EXIST)}
    told = {line for line in missing if any(line.removesuffix(DOES_NOT_EXIST) in other for other in listing.problems)}
    unread = [scan.problem for scan in scans if scan.problem and scan.problem not in told]
    problems = [*listing.problems, *unread, *duplicates(scans)]
    if len(families) < FEWEST_FAMILIES:
        problems.append(
            f"{listing.root} holds {len(families)} families; four disjoint roles need at least {FEWEST_FAMILIES}"
        )
    nearest = likenesses(looks)
    sessions = Counter(scan.subject for scan in scans)
    return CohortReport(
        scans=scans,
        problems=tuple(problems),
        warnings=tuple(_warnings(scans, nearest)),
        nearest=nearest[:NEAREST],
        visits=dict(sorted(Counter(sessions.values()).items())),
        families=len(families),
        roles=_roles(scans) if len(families) >= len(ROLES) else {},
        disk_gb=sum(scan.megabytes for scan in scans) / 1000,
        needs_gb={
            preset: float(np.prod(grid.shape)) * BYTES_A_VOXEL * _scans_used(sessions) / 1e9
            for preset, grid in grids.items()
        },
    )


def duplicates(scans: Sequence[ScanReport]) -> list[str]:
    """A line for every image that appears under several names."""
    by_content: dict[str, list[ScanReport]] = defaultdict(list)
    for scan in scans:
        if scan.content:
            by_content[scan.content].append(scan)
    repeated = (same for same in by_content.values() if len(same) > 1)
    return [same_voxels([(scan.name, scan.image) for scan in same]) for same in repeated]


def likenesses(looks: Sequence[Look]) -> tuple[Likeness, ...]:
    """Pairs of people by how far their first scans are more alike than the two are with others.

    The correlation is judged against both people's nearest ten: an average brain is like many, and that is no kinship.
    """
    first: dict[str, Look] = {}
    for look in looks:
        if look.detail is not None:
            first.setdefault(look.report.subject, look)
    people = list(first.values())
    if len(people) < 4:
        return ()
    details = np.stack([look.detail for look in people if look.detail is not None])
    correlation = details @ details.T
    excess = excess_over_neighbours(correlation)
    rows, columns = np.triu_indices(len(people), 1)
    values = excess[rows, columns]
    middle = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - middle))) or 1.0
    pairs = [
        Likeness(
            people[one].report.subject,
            people[other].report.subject,
            float(correlation[one, other]),
            (float(excess[one, other]) - middle) / spread,
            people[one].report.family == people[other].report.family,
        )
        for one, other in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    return tuple(sorted(pairs, key=lambda pair: -pair.stands_out))


def excess_over_neighbours(correlation: Float32[np.ndarray, "person person"]) -> Float32[np.ndarray, "person person"]:
    """Twice the correlation minus each one's mean with its nearest ten others.

    Source: cross-domain similarity local scaling, Conneau et al., "Word translation without parallel data", ICLR 2018.
    """
    others = correlation.copy()
    np.fill_diagonal(others, -np.inf)
    count = min(NEIGHBOURS, len(correlation) - 2)
    nearest = np.sort(others, axis=1)[:, -count - 1 : -1].mean(1)  # the very nearest may be the relative itself
    excess: Float32[np.ndarray, "person person"] = 2 * correlation - nearest[:, None] - nearest[None]
    return excess


def _scans_used(sessions: Counter[str]) -> int:
    """With one visit each, second ones are simulated."""
    return 2 * len(sessions) if sessions and max(sessions.values()) == 1 else sum(sessions.values())


def _roles(scans: Sequence[ScanReport]) -> dict[str, int]:
    families = {scan.subject: scan.family for scan in scans}
    groups = split_families(families.values(), SHARES)
    return {
        role: sum(family in members for family in families.values())
        for role, members in zip(ROLES, groups, strict=True)
    }


def _warnings(scans: Sequence[ScanReport], nearest: Sequence[Likeness]) -> list[str]:
    found = [f"{scan.image}: {oddity}" for scan in scans for oddity in scan.oddities]
    found += [
        f"{pair.one} and {pair.other} are more alike than strangers are (correlation {pair.correlation:.2f}, "
        f"{pair.stands_out:.1f} standard deviations above the usual); if they are relatives or one person, give them "
        "one family"
        for pair in nearest
        if pair.suspicious
    ]
    usable = [scan for scan in scans if not scan.problem]
    labelled = defaultdict(list)
    for scan in usable:
        if scan.labelled_ml:
            labelled[scan.labels_content].append(scan)
    found += [
        f"{same[0].image} and {same[1].image} have the very same label map, but are two people"
        for same in labelled.values()
        if len({scan.subject for scan in same}) > 1
    ]
    for what, values in (
        ("voxel sizes", [scan.spacing_mm for scan in usable]),
        ("orientations", [scan.orientation for scan in usable]),
    ):
        kinds = Counter(map(str, values))
        rare = [scan for scan, value in zip(usable, values, strict=True) if kinds[str(value)] == 1]
        if len(kinds) > 1 and rare and len(usable) >= 8:
            names = ", ".join(scan.name for scan in rare[:3])
            found.append(f"{len(kinds)} different {what}; alone with theirs: {names}{' ...' if len(rare) > 3 else ''}")
    brains = [scan.brain_ml for scan in usable]
    if len(brains) >= 8:
        middle = statistics.median(brains)
        spread = 1.4826 * statistics.median(abs(brain - middle) for brain in brains) or 1.0
        found += [
            f"{scan.image}: brain of {scan.brain_ml:.0f} ml, the cohort's median is {middle:.0f}"
            for scan in usable
            if abs(scan.brain_ml - middle) > 5 * spread
        ]
    return found
