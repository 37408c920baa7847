"""The union of several attacks: hand-computed alarm rates, who did it, and what it costs."""

import numpy as np
import pytest
import torch

from bench.metrics.union import alarm_rates, best_attack, first_alarms, union, worst_case
from bench.metrics.verification import verify
from bench.types.claim import Linkage

PEOPLE = list("aabbc")


def table(genuine: tuple[float, float, float, float], impostor: dict[tuple[int, int], float]) -> Linkage:
    """Genuine scores of a1-a2, a2-a1, b1-b2, b2-b1; all impostor scores are 0 but these."""
    scores = torch.zeros(5, 5)
    scores[0, 1], scores[1, 0], scores[2, 3], scores[3, 2] = genuine
    for (probe, candidate), score in impostor.items():
        scores[probe, candidate] = score
    return Linkage(scores)


def test_alarm_rates_count_the_impostors_that_score_at_least_as_high() -> None:
    # 16 impostor comparisons: 3, 2, 2 and 13 zeros; rates in units of 1 / 16.5.
    linkage = table((4, 3, 2.5, -1), {(0, 2): 3, (4, 0): 2, (2, 1): 2})
    rates = alarm_rates(linkage, PEOPLE)[0] * 16.5
    assert [rates[0, 1], rates[1, 0], rates[2, 3], rates[3, 2]] == pytest.approx([0.5, 1, 1.5, 16.5])
    assert [rates[0, 2], rates[4, 0], rates[2, 1], rates[0, 3]] == pytest.approx([1, 3, 3, 16])
    assert np.diagonal(rates) == pytest.approx(16.5)


def test_the_union_charges_the_false_alarms_of_every_attack() -> None:
    # Each attack alone recognises one person without any false alarm but for one stranger; together both, for two.
    first = table((9, 9, 0, 0), {(0, 2): 5})
    second = table((0, 0, 9, 9), {(4, 0): 5})
    (joined,) = union({"first": first, "second": second}, PEOPLE)
    together = joined.scores * -16.5
    assert together[0, 1] == together[2, 3] == pytest.approx(0.5)
    assert together[0, 2] == together[4, 0] == pytest.approx(1)
    assert together[1, 2] == pytest.approx(16)
    assert together.dtype == torch.float64


def test_each_success_is_credited_to_the_attack_that_raised_it_first() -> None:
    linkages = {
        "first": table((9, 9, 0, 0), {(0, 2): 5}),
        "second": table((0, 9, 9, 0), {(4, 0): 5}),
    }
    shares = first_alarms(linkages, PEOPLE, 0.9)
    # a: one found by the first alone, one by both at the same rate; b: one by the second, one by none.
    assert shares == {"a": {"first": 0.75, "second": 0.25}, "b": {"first": 0, "second": 0.5}}
    assert first_alarms(linkages, PEOPLE, 0.01) == {name: {"first": 0, "second": 0} for name in "ab"}


def test_the_worst_case_names_the_best_attack() -> None:
    people = [letter for letter in "abcdefghij" for _ in range(2)]
    same = torch.tensor([[float(a == b) for b in people] for a in people])
    noise = torch.rand(20, 20, generator=torch.Generator().manual_seed(0))
    linkages = {"blind": Linkage(noise), "half": Linkage(same * (torch.arange(20) < 10) + noise / 2)}
    result = worst_case(linkages, people, 0, draws=50)
    assert result.best == "half"
    assert list(result.attacks) == ["blind", "half"]
    assert result.union.auc.value > result.attacks["blind"].auc.value
    assert {name for name, by in result.shares.items() if by["half"] > by["blind"]} >= set("abcde")


def test_without_intervals_of_attacks_alone_all_numbers_are_the_same() -> None:
    rng = np.random.default_rng(3)
    people = ["a", "a", "b", "b", "c", "c"]
    linkages = {name: Linkage(torch.from_numpy(rng.normal(size=(6, 6)))) for name in ("x", "y", "z")}
    full, short = (worst_case(linkages, people, 0, draws=20, draws_alone=draws) for draws in (20, 1))
    assert (full.union, full.best, full.shares) == (short.union, short.best, short.shares)
    for name, found in full.attacks.items():
        assert found.auc.value == short.attacks[name].auc.value
        assert [point.tpr.value for point in found.roc] == [point.tpr.value for point in short.attacks[name].roc]


def test_an_attack_that_knows_nothing_costs_the_union_false_alarms() -> None:
    people = [letter for letter in "abcdefghijklmnopqrst" for _ in range(2)]
    same = torch.tensor([[float(a == b) for b in people] for a in people])
    generator = torch.Generator().manual_seed(0)
    good = Linkage(same + 1.2 * torch.rand(40, 40, generator=generator))
    blind = {f"blind {k}": Linkage(torch.rand(40, 40, generator=generator)) for k in range(4)}
    result = worst_case({"good": good, **blind}, people, 0, draws=20)
    assert result.best == "good"
    assert result.union.auc.value < result.attacks["good"].auc.value


def test_blind_attacks_together_stay_at_chance() -> None:
    # Without the false alarms on the bill the union of 8 would recognise 8 times as many at the same threshold.
    people = [letter for letter in "abcdefghijklmnopqrst" for _ in range(2)]
    rng = torch.Generator().manual_seed(0)
    tprs, aucs = [], []
    for _ in range(60):
        linkages = {str(k): Linkage(torch.rand(40, 40, generator=rng)) for k in range(8)}
        result = worst_case(linkages, people, 0, draws=1).union
        point = result.tprs[0].tpr
        assert point is not None
        tprs.append(point.value)
        aucs.append(result.auc.value)
    assert np.mean(tprs) == pytest.approx(0.1, abs=4 * np.std(tprs) / 60**0.5)
    assert np.mean(aucs) == pytest.approx(0.5, abs=4 * np.std(aucs) / 60**0.5)


def test_an_attack_that_says_the_same_of_everyone_changes_nothing() -> None:
    people = [letter for letter in "abcdefgh" for _ in range(2)]
    good = Linkage(torch.rand(16, 16, generator=torch.Generator().manual_seed(0)))
    silent = Linkage(torch.zeros(16, 16))
    alone, both = (
        worst_case(given, people, 0, draws=20) for given in ({"good": good}, {"good": good, "silent": silent})
    )
    assert both.union.subject_tprs == alone.union.subject_tprs
    assert both.union.headline == alone.union.headline
    assert both.best == "good"


def test_no_attacks_are_refused() -> None:
    with pytest.raises(ValueError, match="union of no attacks"):
        union({}, PEOPLE)
    with pytest.raises(ValueError, match="best of no attacks"):
        best_attack({})


def test_alarm_rates_need_strangers() -> None:
    with pytest.raises(ValueError, match="two people or more"):
        alarm_rates(Linkage(torch.zeros(2, 2)), ["a", "a"])


def test_the_best_attack_is_sought_at_one_false_positive_rate() -> None:
    """Let at few people, an attack supports larger rates only, at which everybody finds more."""
    people = [f"p{number // 2:02d}" for number in range(40)]
    same = torch.tensor([[float(one == other) for other in people] for one in people])
    noise = torch.from_numpy(np.random.default_rng(0).normal(size=(40, 40)))
    strong, weak = 2.5 * same + noise, 2.0 * same + noise
    probes = tuple(range(0, 12, 2))
    weak[[row for row in range(40) if row not in probes]] = torch.nan
    attacks = {
        "strong": verify(Linkage(strong), people, draws=10),
        "weak": verify(Linkage(weak, probes=probes), people, draws=10),
    }
    assert attacks["weak"].headline.fpr > attacks["strong"].headline.fpr
    assert attacks["weak"].headline.tpr.value > attacks["strong"].headline.tpr.value
    assert best_attack(attacks) == "strong"
