"""Which attack, or whether all together, is the worst case of a defense, and which numbers it is shown with."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.worst_case.columns import worst_columns
from bench.leaderboard.worst_case.rates import union_of, worst_of
from bench.leaderboard.worst_case.strongest import by_guessing, recognised
from bench.leaderboard.worst_case.view import parts
from bench.metrics.comparisons import compare
from bench.metrics.verification import EXPECTED_ALARMS
from bench.records.parts import Interval
from bench.records.privacy import OperatingPoint
from bench.types.claim import Linkage
from tests.factories import judged_record, seeing
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, ODD, PEOPLE, Judged, judged_in, rows, tpr


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return judged_in(tmp_path)


def test_attacks_that_find_nothing_never_make_a_defense_look_more_private(judged: Judged, tmp_path: Path) -> None:
    """The union pays for their false alarms; the rank does not."""
    same = np.equal.outer(PEOPLE, PEOPLE)
    half_sure = seeing(PEOPLE, NOBODY) + np.float32(0.35) * same
    siamese = judged_record(tmp_path, PEOPLE, half_sure, defense={"name": "mixup"}, attack={"name": "siamese"})
    blind = [judged("mixup", f"blind {letter}", NOBODY) for letter in "abcdef"]
    row, before = rows(siamese, *blind)["mixup"], rows(siamese)["mixup"]
    assert tpr(row) < tpr(row, "siamese") - 0.1
    assert row.leak == before.leak == pytest.approx(tpr(row, "siamese"))
    assert row.strongest.attack == "siamese"
    assert worst_of(row).tpr.value == pytest.approx(row.leak)


def test_of_attacks_that_find_the_same_the_weakest_attacker_is_named(judged: Judged) -> None:
    equals = [
        judged("mix", "a", EVERYBODY, tier=2),
        judged("mix", "b", EVERYBODY),
        judged("mix", "c", EVERYBODY, tier=1),
    ]
    (group,) = groups_of([*equals, judged("mix", "d", NOBODY)])
    (one,) = group.worst
    assert (one.strongest.attack, one.strongest.alike) == ("b", ("a", "c"))
    (by,) = (column.cell(one) for column in worst_columns([one]) if column.key == "worst-by")
    assert (by.text, by.detail) == ("b", "and 2 others alike")
    words = parts(group.worst)
    assert {name: words[id(entry)] for name, entry in one.row.entries.items()} == {
        "a": "Takes part; alone it recognises as much as b.",
        "b": "Takes part; alone it recognises most.",
        "c": "Takes part; alone it recognises as much as b.",
        "d": "Takes part.",
    }


def test_one_number_of_one_attack_has_one_interval(judged: Judged) -> None:
    """The cell's own, though the board resamples again; where the number is another one, the board's."""
    row = rows(judged("mix", "a", EVEN))["mix"]
    computed = row.row.result.attacks["a"]
    stated = row.row.entries["a"].record.privacy.verification
    own = worst_of(row)  # the record of this test states other TPRs
    assert own.auc.value == computed.auc.value
    assert own.auc.low < own.auc.value < own.auc.high
    point = OperatingPoint(fpr=0.1, tpr=Interval(value=computed.tprs[0].tpr.value, low=0.1, high=0.9, n=12))
    auc = Interval(value=computed.auc.value, low=0.2, high=0.8, n=12)
    told = stated.model_copy(update={"auc": auc, "operating_points": [point]})
    path, record = judged("mix", "a", EVEN)
    privacy = record.privacy.model_copy(update={"verification": told})
    again = rows((path, record.model_copy(update={"privacy": privacy})))["mix"]
    assert (worst_of(again).auc, worst_of(again).tpr) == (auc, point.tpr)


def test_what_the_ranks_compare_is_the_tpr_in_the_table(judged: Judged) -> None:
    row = rows(judged("mixup", "siamese", EVEN), judged("mixup", "odd", ODD))["mixup"]
    assert row.strongest.attack is None
    assert worst_of(row) == union_of(row)
    assert row.leak == pytest.approx(tpr(row))
    assert [*row.strongest.shares] == sorted(EVERYBODY)


@pytest.mark.parametrize("symmetric", [True, False])
def test_guessing_finds_about_as_many_people_as_stated(symmetric: bool) -> None:
    people = [f"p{number // 2}" for number in range(30)]
    rng = torch.Generator().manual_seed(0)
    found, stated = [], set()
    for _ in range(40):
        draws = [torch.rand(30, 30, generator=rng) for _ in range(3)]
        linkages = [Linkage(draw + draw.T if symmetric else draw) for draw in draws]
        found.append(sum(share > 0 for share in recognised(linkages, people).values()))
        stated.add(round(by_guessing(linkages, people), 6))
    expected = 15 * (1 - 0.9**3) if symmetric else 15 * (1 - 0.9**6)
    assert stated == {round(expected, 6)}
    assert np.mean(found) == pytest.approx(expected, abs=0.8)


def test_guessing_about_some_people_only_finds_fewer() -> None:
    people = [f"p{number // 2}" for number in range(40)]
    scores = torch.rand(40, 40, generator=torch.Generator().manual_seed(0))
    alike, some = scores + scores.T, tuple(range(0, 16, 2))
    assert by_guessing([Linkage(alike)], people) == pytest.approx(20 * 0.1)
    assert by_guessing([Linkage(alike, probes=some)], people) == pytest.approx(8 * 0.1)


def test_where_few_comparisons_support_no_low_rate_guessing_has_the_higher_one() -> None:
    people = [f"p{number // 2}" for number in range(8)]
    scores = torch.rand(8, 8, generator=torch.Generator().manual_seed(0))
    supporting = compare(Linkage(scores), people).supporting
    assert EXPECTED_ALARMS / supporting > 0.1
    assert by_guessing([Linkage(scores + scores.T)], people) == pytest.approx(4 * EXPECTED_ALARMS / supporting)
