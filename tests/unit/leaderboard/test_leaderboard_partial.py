"""Attacks that were let at some people only, in the worst case of a defense."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.leaderboard.worst_case.linkages import NoLinkageError, linkage_beside
from bench.leaderboard.worst_case.strongest import strongest_of
from bench.leaderboard.worst_case.view import worst_notes
from bench.metrics.verification import verify
from bench.records.claims import CLAIM_NAME, StoredLinkage, write_linkage
from bench.types.claim import Linkage
from tests.factories import interval, seeing
from tests.unit.leaderboard.judging import EVERYBODY, NOBODY, PEOPLE, Cell, Judged, judged_in, rows


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return judged_in(tmp_path)


def test_an_attack_on_some_people_speaks_of_them_alone_and_says_so(judged: Judged) -> None:
    """It knows everybody whom it was asked about, so that it costs the defense; of the others it says nothing."""
    probes = (0, 4, 9)
    full = judged("naked", "full", NOBODY)
    together, alone = rows(full, _partly(judged, "naked", probes))["naked"], rows(full)["naked"]
    assert together.leak > alone.leak
    assert (together.strongest.attack, together.strongest.alone) == (None, "full")
    found, before = together.strongest.shares, alone.strongest.shares
    assert all(found[PEOPLE[row]] >= 0.5 for row in probes)
    others = [person for person in found if person not in {PEOPLE[row] for row in probes}]
    assert len(others) == 9
    assert sum(found[person] for person in others) <= sum(before[person] for person in others)
    (note,) = [note for note in worst_notes([together]) if " attacked " in note and " of 12 people" in note]
    assert note == "naked, seed 0: part attacked 3 of 12 people."


def _partly(judged: Judged, defense: str, probes: tuple[int, ...]) -> Cell:
    """A record of an attack that knows everybody whom it was asked about."""
    path, record = judged(defense, "part", EVERYBODY)
    scores = seeing(PEOPLE, EVERYBODY)
    scores[[row for row in range(len(PEOPLE)) if row not in probes]] = np.nan
    write_linkage(StoredLinkage(scores[None], PEOPLE, probes), path.parent / CLAIM_NAME)
    auc = interval(verify(Linkage(torch.from_numpy(scores), probes=probes), PEOPLE, draws=1).auc.value)
    stated = record.privacy.verification.model_copy(update={"auc": auc})
    return path, record.model_copy(update={"privacy": record.privacy.model_copy(update={"verification": stated})})


def test_a_defense_judged_on_some_people_alone_gets_no_rank(judged: Judged) -> None:
    found = rows(judged("naked", "full", NOBODY), _partly(judged, "spared", (0, 1)))
    assert strongest_of(found["spared"].row).shares == {"p00": 1.0}
    assert found["spared"].leak == 1
    assert found["spared"].standing is None
    assert found["naked"].standing is not None
    notes = worst_notes(list(found.values()))
    assert "spared, seed 0 has no rank: attacks were run on 1 of 12 people only." in notes


def test_a_linkage_that_asks_about_nobody_with_another_scan_takes_no_part(tmp_path: Path) -> None:
    people = ("a", "a", "b", "c")
    scores = np.full((1, 4, 4), np.nan, np.float32)
    scores[0, 2] = 0.5
    write_linkage(StoredLinkage(scores, people, (2,)), tmp_path / CLAIM_NAME)
    with pytest.raises(NoLinkageError, match="asked about"):
        linkage_beside(tmp_path / "record.json", CLAIM_NAME, 0.5)
