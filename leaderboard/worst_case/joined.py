"""Every defense at one seed, judged by all valid attacks together.

Source of the union: `bench.metrics.union`. A cell that is not OK, or whose linkage cannot be read, takes no part and is
named; it can only cost its defense the rank, never better it, see `bench.leaderboard.worst_case.ranks`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from bench.leaderboard.entry import Entry
from bench.leaderboard.worst_case.cohort import require_one_cohort
from bench.leaderboard.worst_case.linkages import NoLinkageError, linkage_beside, linkages_of
from bench.metrics.union import WorstCase, best_attack, worst_case
from bench.records.claims import StoredLinkage
from bench.records.schema import Status
from bench.types.claim import Linkage
from bench.types.threat import LAST_RANKED_TIER

PAPER_ATTACK = "reid-msssim"
"""Re-identification as in the paper that introduced mixing."""


@dataclass(frozen=True, eq=False, kw_only=True)
class UnionRow:
    """One defense at one seed.

    Attributes:
        entries: the cells that took part, by the attack's name.
        absent: cells up to T2 that took no part, with the reason in words.
        people: the hashed person behind every scan; empty without a result.
        result: the attacks together, and alone without intervals, which their cells state; None if none took part.
        linkages: of every attack that took part, one for every set of keys.
        paper: name of the paper's own attack, the strongest variant of it; None if it took no part.
    """

    defense: str
    seed: int
    entries: Mapping[str, Entry]
    absent: tuple[tuple[Entry, str], ...]
    people: tuple[str, ...]
    linkages: Mapping[str, tuple[Linkage, ...]]
    result: WorstCase | None
    paper: str | None

    @property
    def example(self) -> Entry:
        """A cell of this defense: the best attack's, else any."""
        return self.absent[0][0] if self.result is None else self.entries[self.result.best]


def union_rows(entries: Sequence[Entry], strongest: int = LAST_RANKED_TIER) -> list[UnionRow]:
    """One row for every defense and seed that met an attack up to a tier that tells people apart.

    Raises:
        BenchError: two linkage files are about other people.
    """
    cells: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        threat = entry.record.attack.threat
        if threat.links and threat.tier <= strongest:
            cells.setdefault((entry.defense, entry.record.seed), []).append(entry)
    kept = {cell: _same_keys(*_read(together)) for cell, together in sorted(cells.items())}
    require_one_cohort([(entry, tuple(sorted(stored.people))) for found, _ in kept.values() for entry, stored in found])
    for found, _ in kept.values():
        require_one_cohort([(entry, stored.people) for entry, stored in found])
    return [_row(defense, seed, found, absent) for (defense, seed), (found, absent) in kept.items()]


def _read(entries: Sequence[Entry]) -> tuple[list[tuple[Entry, StoredLinkage]], list[tuple[Entry, str]]]:
    found, absent = [], []
    for entry in entries:
        privacy = entry.record.privacy
        if entry.record.status is not Status.OK or privacy is None:
            absent.append((entry, f"{entry.record.status.value.upper()}: {entry.record.reason}"))
            continue
        try:
            found.append((entry, linkage_beside(entry.path, privacy.linkage, privacy.auc)))
        except NoLinkageError as error:
            absent.append((entry, str(error)))
    return found, absent


def _same_keys(
    found: list[tuple[Entry, StoredLinkage]], absent: list[tuple[Entry, str]]
) -> tuple[list[tuple[Entry, StoredLinkage]], list[tuple[Entry, str]]]:
    """Only cells under as many sets of keys as most have: repetition r has the same keys in all of them.

    Where some were run again by whoever keeps the board, they alone say how many: claims cannot outnumber them.
    """
    counts = Counter(len(stored.scores) for entry, stored in found if entry.verified)
    counts = counts or Counter(len(stored.scores) for _, stored in found)
    usual = max(counts, key=lambda count: (counts[count], count), default=0)
    kept = [(entry, stored) for entry, stored in found if len(stored.scores) == usual]
    other = [
        (entry, f"scans were sent under {_sets(len(stored.scores))} of keys, for other attacks under {usual}")
        for entry, stored in found
        if len(stored.scores) != usual
    ]
    return kept, [*absent, *other]


def _sets(count: int) -> str:
    return "1 set" if count == 1 else f"{count} sets"


def _same_run(entry: Entry, stored: StoredLinkage, other: Entry, kept: StoredLinkage) -> bool:
    """One cell twice with equal findings; other findings, as of another training, count for themselves."""
    return entry.record.cell == other.record.cell and np.array_equal(stored.scores, kept.scores, equal_nan=True)


def _named(entries: Sequence[Entry]) -> list[str]:
    """The attacks' names, made different by the cell, and where one cell ran several times by the number of the run."""
    names: list[str] = []
    for entry in entries:
        candidates = (entry.attack, f"{entry.attack} ({entry.record.cell})")
        runs = (f"{candidates[1][:-1]}, run {number})" for number in count(2))
        names.append(next(name for name in chain(candidates, runs) if name not in names))
    return names


def _row(
    defense: str,
    seed: int,
    found: Sequence[tuple[Entry, StoredLinkage]],
    absent: Sequence[tuple[Entry, str]],
) -> UnionRow:
    different: list[tuple[Entry, StoredLinkage]] = []
    for entry, stored in found:
        if not any(_same_run(entry, stored, *other) for other in different):
            different.append((entry, stored))
    names = _named([entry for entry, _ in different])
    entries = {name: entry for name, (entry, _) in zip(names, different, strict=True)}
    linkages = {name: linkages_of(stored) for name, (_, stored) in zip(names, different, strict=True)}
    people = found[0][1].people if found else ()
    result = worst_case(linkages, people, "leaderboard", seed, draws_alone=1) if linkages else None
    papers = {name for name, entry in entries.items() if entry.record.attack.name == PAPER_ATTACK}
    paper = best_attack({name: result.attacks[name] for name in papers}) if result is not None and papers else None
    return UnionRow(
        defense=defense,
        seed=seed,
        entries=entries,
        absent=tuple(absent),
        people=people,
        linkages=linkages,
        result=result,
        paper=paper,
    )
