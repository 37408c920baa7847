"""Linkages of which only some rows mean something: what a costly attack was let at."""

import numpy as np
import pytest
import torch

from bench.metrics.comparisons import compare
from bench.metrics.probes import checked_scores, probes_of
from bench.metrics.retrieval import score_linkage
from bench.metrics.unenrolled import unenrolled_precisions
from bench.metrics.union import alarm_rates, first_alarms, union, worst_case
from bench.metrics.verification import verify
from bench.types.claim import Linkage

PEOPLE = list("aabbccdd")


def _linkage(probes: tuple[int, ...] | None, seed: int = 0, fill: float = torch.nan) -> Linkage:
    """Random scores; those who are asked find their other scan, and rows that are not asked hold `fill`."""
    scores = torch.from_numpy(np.random.default_rng(seed).random((8, 8)))
    scores += torch.tensor([[float(one == other) for other in PEOPLE] for one in PEOPLE])
    if probes is not None:
        scores[[row for row in range(8) if row not in probes]] = fill
    return Linkage(scores, probes=probes)


def test_rows_that_are_no_probes_may_hold_anything() -> None:
    for fill in (torch.nan, 5.0, -torch.inf):
        matrix = checked_scores(_linkage((0, 3), fill=fill), 8)
        assert np.isnan(matrix[[1, 2, 4, 5, 6, 7]]).all()
        assert np.isfinite(matrix[[0, 3]]).all()
        found = score_linkage(_linkage((0, 3), fill=fill), PEOPLE, 0)
        assert (found.map.value, found.rank1.value, found.macro_f1.value, found.map.n) == (1, 1, 1, 2)
        assert sorted(found.average_precisions) == ["a", "b"]


def test_a_probe_must_be_finite() -> None:
    scores = torch.zeros(8, 8)
    scores[3, 5] = torch.nan
    with pytest.raises(ValueError, match="for probe 3 and candidate 5"):
        checked_scores(Linkage(scores, probes=(0, 3)), 8)
    checked_scores(Linkage(scores, probes=(0, 2)), 8)


@pytest.mark.parametrize("probes", [(), (8,), (-1, 2)])
def test_probes_that_are_no_rows_are_refused(probes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must name rows of 8"):
        checked_scores(Linkage(torch.zeros(8, 8), probes=probes), 8)


def test_repetitions_have_the_same_probes() -> None:
    with pytest.raises(ValueError, match="same probes"):
        probes_of([_linkage((0, 3)), _linkage((0, 2))], 8)


def test_the_probes_of_a_full_linkage_score_as_they_do_among_all() -> None:
    full, part = _linkage(None), Linkage(_linkage(None).scores, probes=(1, 4, 6))
    whole, some = score_linkage(full, PEOPLE, 0), score_linkage(part, PEOPLE, 0)
    assert some.chance_map == pytest.approx(whole.chance_map)  # they are looked for among everybody
    assert some.chance_rank1 == pytest.approx(whole.chance_rank1)
    for person, scan in (("a", 1), ("c", 0), ("d", 0)):
        assert some.average_precisions[person] == (whole.average_precisions[person][scan],)


def test_only_probes_are_compared() -> None:
    comparisons = compare(_linkage((0, 3)), PEOPLE)
    assert len(comparisons.genuine) == 2
    assert len(comparisons.probe) == 2 * 6
    found = verify(_linkage((0, 3)), PEOPLE, 0, draws=50)
    assert (found.auc.value, found.auc.n, found.genuine, found.impostors) == (1, 2, 2, 12)


def test_strangers_are_looked_for_from_probes_only() -> None:
    assert sorted(unenrolled_precisions(_linkage((0, 3)), PEOPLE, 0)) == ["a", "b"]


def test_who_was_not_asked_raises_no_alarm_of_their_own() -> None:
    rates = alarm_rates(_linkage((0, 3)), PEOPLE)[0]
    assert (rates[[1, 2, 4, 5, 6, 7]] == 1).all()
    assert rates[0, 1] == pytest.approx(0.5 / 12.5)


def test_in_a_union_the_others_speak_for_who_was_not_asked() -> None:
    full = Linkage(torch.from_numpy(np.random.default_rng(4).random((8, 8))))
    (joined,) = union({"full": full, "part": _linkage((0, 3))}, PEOPLE)
    (alone,) = union({"full": full}, PEOPLE)
    assert joined.probes is None
    rows = [1, 2, 4, 5, 6, 7]
    assert torch.equal(joined.scores[rows], alone.scores[rows])
    assert (joined.scores[[0, 3]] >= alone.scores[[0, 3]]).all()
    assert float(joined.scores[0, 1]) == pytest.approx(-0.5 / 12.5)


def test_a_union_of_parts_speaks_of_their_probes_alone() -> None:
    parts = {"one": _linkage((0, 3)), "other": _linkage((0, 5))}
    (joined,) = union(parts, PEOPLE)
    assert joined.probes == (0, 3, 5)
    assert worst_case(parts, PEOPLE, 0, draws=50).union.auc.n == 3
    alarms = first_alarms(parts, PEOPLE, 0.5)
    assert sorted(alarms) == ["a", "b", "c"]
    assert alarms["b"] == {"one": 1.0, "other": 0.0}
