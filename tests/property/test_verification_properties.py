"""What must hold for any scores: order and names of people mean nothing, nor does the scale of the scores."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from bench.metrics.comparisons import compare
from bench.metrics.rates import rates
from bench.metrics.union import union, worst_case
from bench.metrics.verification import Verification, verify
from bench.types.claim import Linkage

COHORTS = st.lists(st.integers(0, 4), min_size=4, max_size=12).filter(lambda who: 1 < len(set(who)) < len(who))
SEEDS = st.integers(0, 2**31)
FPRS = np.array([0.0, 0.05, 0.1, 0.25, 0.5, 1.0])


def distinct(scans: int, seed: int) -> torch.Tensor:
    """Scores without ties."""
    return torch.randperm(scans * scans, generator=torch.Generator().manual_seed(seed)).reshape(scans, scans).double()


def coarse(scans: int, seed: int) -> torch.Tensor:
    """Scores with many ties."""
    return torch.randint(6, (scans, scans), generator=torch.Generator().manual_seed(seed)).double()


def verified(scores: torch.Tensor, names: list[str]) -> Verification:
    return verify(Linkage(scores), names, 0, draws=50)


def numbers(result: Verification) -> list[float]:
    estimates = [result.auc, *(point.tpr for point in (*result.tprs, *result.roc) if point.tpr is not None)]
    return [number for e in estimates for number in (e.value, e.low, e.high, float(e.n))]


@settings(deadline=None, max_examples=40)
@given(who=COHORTS, seed=SEEDS, data=st.data())
def test_order_and_names_of_people_do_not_matter(who: list[int], seed: int, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(who))))
    scores = distinct(len(who), seed)
    plain = verified(scores, [f"person {person}" for person in who])
    moved = verified(scores[order][:, order], [f"other {9 - who[k]}" for k in order])
    assert numbers(moved) == pytest.approx(numbers(plain), nan_ok=True, abs=0)
    for ours, theirs in ((plain.subject_fprs, moved.subject_fprs), (plain.subject_tprs, moved.subject_tprs)):
        assert {f"other {9 - int(name[-1])}": share for name, share in ours.items()} == theirs


@settings(deadline=None, max_examples=40)
@given(who=COHORTS, seed=SEEDS, ties=st.booleans())
def test_rising_maps_of_scores_change_nothing_but_the_threshold(who: list[int], seed: int, ties: bool) -> None:
    scores = (coarse if ties else distinct)(len(who), seed)
    names = [f"person {person}" for person in who]
    plain, mapped = verified(scores, names), verified((scores / 50).exp() - 3, names)
    assert numbers(mapped) == pytest.approx(numbers(plain), nan_ok=True, abs=0)
    assert (mapped.subject_fprs, mapped.subject_tprs) == (plain.subject_fprs, plain.subject_tprs)


@settings(deadline=None, max_examples=60)
@given(who=COHORTS, seed=SEEDS, ties=st.booleans(), data=st.data())
def test_rates_agree_with_scikit_learn_for_any_weights(
    who: list[int], seed: int, ties: bool, data: st.DataObject
) -> None:
    scores = (coarse if ties else distinct)(len(who), seed).numpy()
    people = np.array(who)
    comparisons = compare(Linkage(torch.from_numpy(scores)), [str(person) for person in who])
    drawn = {name: data.draw(st.integers(0, 3)) for name in comparisons.people}
    weights = np.array([drawn[name] for name in comparisons.people])
    probe, candidate = np.nonzero(~np.eye(len(who), dtype=bool))
    weight = np.array([drawn[str(person)] for person in who])
    same = people[probe] == people[candidate]
    cost = np.where(same, weight[probe], weight[probe] * weight[candidate])
    if cost[same].sum() == 0 or cost[~same].sum() == 0:
        return
    values = scores[probe, candidate]
    tpr, auc = rates(comparisons, weights, FPRS)
    assert auc == pytest.approx(roc_auc_score(same, values, sample_weight=cost))
    false, true, _ = roc_curve(same, values, sample_weight=cost, drop_intermediate=False)
    expected = [true[false <= fpr + 1e-9].max() for fpr in FPRS]
    assert tpr.tolist() == pytest.approx(expected)


@settings(deadline=None, max_examples=40)
@given(who=COHORTS, seed=SEEDS, ties=st.booleans())
def test_the_union_of_one_attack_is_that_attack(who: list[int], seed: int, ties: bool) -> None:
    scores = (coarse if ties else distinct)(len(who), seed)
    names = [f"person {person}" for person in who]
    alone, together = verified(scores, names), verified(union({"only": Linkage(scores)}, names)[0].scores, names)
    assert numbers(together)[::4] == pytest.approx(numbers(alone)[::4], abs=1e-12)
    assert (together.subject_fprs, together.subject_tprs) == (alone.subject_fprs, alone.subject_tprs)


@settings(deadline=None, max_examples=25)
@given(who=COHORTS, seed=SEEDS, data=st.data())
def test_the_union_ignores_scales_orders_and_names(who: list[int], seed: int, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(who))))
    first, second = distinct(len(who), seed), distinct(len(who), seed + 1)
    names = [f"person {person}" for person in who]
    plain = worst_case({"x": Linkage(first), "y": Linkage(second)}, names, 0, draws=50)
    moved = worst_case(
        {"y": Linkage((second[order][:, order] / 50).exp()), "x": Linkage(7 * first[order][:, order] - 1)},
        [names[k] for k in order],
        0,
        draws=50,
    )
    assert numbers(moved.union)[::4] == numbers(plain.union)[::4]
    assert (moved.best, moved.shares) == (plain.best, plain.shares)


@settings(deadline=None, max_examples=25)
@given(who=COHORTS, seed=SEEDS)
def test_the_shares_of_the_attacks_sum_to_the_success_of_the_union(who: list[int], seed: int) -> None:
    linkages = {name: Linkage(coarse(len(who), seed + k)) for k, name in enumerate("xyz")}
    result = worst_case(linkages, [str(person) for person in who], 0, draws=20)
    if result.union.threshold is None:
        assert result.shares == {}
        return
    sums = {person: sum(shares.values()) for person, shares in result.shares.items()}
    assert sums == pytest.approx(dict(result.union.subject_tprs))
