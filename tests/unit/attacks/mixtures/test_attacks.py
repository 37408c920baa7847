"""Attacks on planted mixtures of Gaussian people: the closed forms, exact recovery, chance on noise, invariances."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.attack import Attack
from bench.attacks.linear_inversion import LinearInversion
from bench.attacks.matched.brain import upright
from bench.attacks.matched.filters import filters_for
from bench.attacks.mixtures.equations import error_fraction, lmmse_weight
from bench.attacks.reference_dictionary import ReferenceDictionary, ReferenceDictionaryLeaked
from bench.attacks.reid_ncc import ReidNcc
from bench.attacks.reid_ncc_clean import ReidNccClean
from bench.attacks.tta_mean import TtaMean
from bench.metrics.matched_filter import filter_matrix
from bench.runner.leakage.linking import linkages_of
from bench.runner.leakage.scores import linkage_scores
from bench.types.scan import Cohort, Roles
from tests.trainers import trainer_in
from tests.unit.attacks.mixtures.gaussians import cohort, draw, missed, mixed, view

OWN = cohort(draw(24, seed=100))
TARGETS = draw(12, seed=101)
TOLERANCE = 0.04
"""Relative: 12 targets of 4096 voxels, alpha estimated."""


def run(attack: Attack, queries: list[Tensor], own: Cohort = OWN, pool: Cohort | None = None) -> Any:
    return attack.run(view(attack, queries, own, pool), trainer_in(Path("unused")))


def fresh(alpha: float, queries: int, seed: int = 102) -> list[Tensor]:
    """Everybody's own references."""
    count = len(TARGETS)
    chosen = torch.arange(count * queries).reshape(count, queries)
    return mixed(TARGETS, draw(count * queries, seed), torch.full((count, queries), alpha), chosen)


def pooled(pool: Tensor, alpha: Tensor, queries: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(9)
    chosen = torch.stack([torch.randperm(len(pool), generator=generator)[:queries] for _ in TARGETS])
    return mixed(TARGETS, pool, alpha.expand(len(TARGETS), queries), chosen)


@pytest.mark.parametrize("attack", [TtaMean(), TtaMean(whiten=0.0), LinearInversion()])
@pytest.mark.parametrize(("alpha", "queries"), [(0.3, 5), (0.5, 5), (0.8, 5), (0.5, 10), (0.8, 1)])
def test_fresh_references_leave_the_closed_form(attack: Attack, alpha: float, queries: int) -> None:
    claim = run(attack, fresh(alpha, queries))
    # The mean brain of 24 people is off by 1/24 of a variance, and its weight in the estimate is 1 - w.
    expected = error_fraction(alpha, queries) + (1 - lmmse_weight(alpha, queries)) ** 2 / len(OWN)
    assert missed(claim.images, TARGETS) == pytest.approx(expected, rel=TOLERANCE)
    assert torch.tensor(claim.details["alpha"]).mean() == pytest.approx(alpha, abs=0.03)


def test_a_pool_in_common_is_inverted() -> None:
    alpha = torch.linspace(0.2, 0.9, len(TARGETS))[:, None]
    queries = pooled(draw(8, seed=103), alpha, 4)
    claim = run(LinearInversion(), queries)
    assert claim.details["references"] == 8
    # One direction stays as the prior has it: t on every reference and -(1 - a) / a t on every target.
    direction = ((1 - alpha) / alpha).square().sum()
    expected = float(direction / (direction + 8)) / len(TARGETS)
    assert missed(claim.images, TARGETS) == pytest.approx(expected, rel=0.1)
    assert expected < 0.3 * missed(run(LinearInversion(link=False), queries).images, TARGETS)


def test_own_alphas_are_used_where_queries_have_them() -> None:
    generator = torch.Generator().manual_seed(4)
    alpha = 0.1 + 0.8 * torch.rand(len(TARGETS), 5, generator=generator)
    chosen = torch.arange(len(TARGETS) * 5).reshape(-1, 5)
    queries = mixed(TARGETS, draw(len(TARGETS) * 5, seed=104), alpha, chosen)
    precision = (alpha.double() / (1 - alpha.double())).square().sum(dim=1)
    expected = float((1 / (1 + precision)).mean())
    left = missed(run(LinearInversion(alphas="own"), queries).images, TARGETS)
    assert left == pytest.approx(expected, rel=0.25)
    assert left < 0.5 * missed(run(LinearInversion(), queries).images, TARGETS)


def test_a_dictionary_that_holds_the_references_gives_targets_and_alphas() -> None:
    queries = pooled(torch.stack([scan.image for scan in OWN]), torch.full((1, 1), 0.4), 3)
    claim = run(ReferenceDictionary(nonnegative=False), queries)
    assert claim.details["queries with a hit"] == [3] * len(TARGETS)
    # What target and reference share by chance, 1 / sqrt(4096) of a correlation, is all that is wrong with alpha.
    assert missed(claim.images, TARGETS) < 0.01
    assert missed(run(TtaMean(), queries).images, TARGETS) > 0.2


def test_tissue_beyond_the_target_gives_alpha_exactly() -> None:
    generator = torch.Generator().manual_seed(11)
    holes = torch.rand(36, *TARGETS.shape[1:], generator=generator) > 0.05  # no brain fills all of the grid
    targets, own = TARGETS * holes[:12], cohort(draw(24, seed=111) * holes[12:])
    references = torch.stack([scan.image for scan in own])
    alpha = torch.linspace(0.2, 0.8, 12)[:, None]
    queries = mixed(targets, references, alpha, torch.arange(12)[:, None])
    claim = run(ReferenceDictionary(), queries, own)
    assert claim.details["queries with a hit"] == [1] * 12
    # What is left is the pull to the mean brain, 1e-4 / alpha^2 of a deviation of up to .5.
    torch.testing.assert_close(claim.images, targets, atol=2e-3, rtol=0)


def test_without_a_hit_the_dictionary_falls_back_to_the_mean() -> None:
    queries = fresh(0.6, 4)
    claim = run(ReferenceDictionary(nonnegative=False), queries)
    assert claim.details["queries with a hit"] == [0] * len(TARGETS)
    # People.of is called with another exponent there.
    torch.testing.assert_close(claim.images, run(TtaMean(whiten=1.0), queries).images)


def test_a_part_of_the_pool_finds_a_part(roles: Roles) -> None:
    queries = pooled(torch.stack([s.image for s in OWN])[:6], torch.full((1, 1), 0.4), 3)
    own = cohort(draw(24, seed=105))
    found = [
        sum(
            run(ReferenceDictionaryLeaked(known=known, nonnegative=False), queries, own, OWN).details[
                "queries with a hit"
            ]
        )
        for known in (1, 3, 6)
    ]
    assert found[0] < found[1] < found[2] == 3 * len(TARGETS)


@pytest.mark.parametrize(
    ("attack", "queries"),
    [
        (ReidNcc(), 1),
        (ReidNcc(), 4),
        (ReidNccClean(), 1),
        (ReidNccClean(), 4),
        (TtaMean(), 1),
        (LinearInversion(), 4),
        (ReferenceDictionary(), 1),
        (ReferenceDictionaryLeaked(), 4),
    ],
)
def test_noise_is_chance(attack: Attack, queries: int, roles: Roles) -> None:
    rng = torch.Generator().manual_seed(5)
    claims = []
    for _ in range(5):  # sets of keys: the interval of a single one is too short near chance, see docs/methods.md
        releases = [torch.rand(queries, 1, *roles.test.shape, generator=rng) for _ in roles.test]
        claims.append(run(attack, releases, roles.auxiliary, roles.references))
    linkages = linkages_of(claims, roles.test.scans, roles.auxiliary, torch.device("cpu"))
    score = linkage_scores(linkages, roles.test.scans, (0, "noise"))["map"]
    assert score.value.low <= score.chance <= score.value.high


def two_visits(alpha: float, pool: Tensor, queries: int) -> tuple[list[Tensor], Tensor]:
    """Six people, twice each, a little changed; and whether two releases show the same one."""
    targets = torch.cat([TARGETS[:6], TARGETS[:6] + 0.2 * (draw(6, seed=106) - 0.5)])
    generator = torch.Generator().manual_seed(7)
    chosen = torch.stack([torch.randperm(len(pool), generator=generator)[:queries] for _ in targets])
    person = torch.arange(12) % 6
    return mixed(targets, pool, torch.full((12, queries), alpha), chosen), person[:, None] == person


def test_the_matched_filter_sees_what_mixing_leaves() -> None:
    queries, same = two_visits(0.5, draw(60, seed=107), 1)
    scores = run(ReidNcc(whiten=0), queries).scores
    others = ~same
    same = same & ~torch.eye(12, dtype=torch.bool)
    # Correlation of m with x is .707 on either side at alpha = 1/2. The mean of 12 releases, which is removed, holds
    # (1 + 1/2) / 12 of each one's variance and nothing of the difference. The visits' own change takes little.
    assert float(scores[same].mean() - scores[others].mean()) == pytest.approx(0.5 / (1 - 1.5 / 12), abs=0.03)


def test_filters_find_the_other_visit_among_clean_scans_as_far_as_mixing_leaves() -> None:
    """The filter is the release, so its correlation with the scan is alpha / sqrt(alpha^2 + (1 - alpha)^2 / K)."""
    atlas = torch.stack([scan.image for scan in OWN]).mean(dim=0)
    for alpha, queries in ((0.5, 1), (0.3, 4)):
        claim = run(ReidNccClean(whiten=0, reject_spread=False), fresh(alpha, queries))
        found = filter_matrix(claim.filters, TARGETS, atlas).diagonal().mean()
        # The mean of 12 releases, taken out, holds a twelfth of each: its square, of filter and scan, goes missing.
        expected = alpha / math.sqrt(alpha**2 + (1 - alpha) ** 2 / queries) * math.sqrt(1 - 1 / 12)
        assert float(found) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("whiten", [0, 4])
def test_filters_of_exact_images_find_the_same_scans(whiten: int) -> None:
    own = torch.stack([scan.image for scan in OWN])
    found = filter_matrix(filters_for(TARGETS, own, whiten), TARGETS, own.mean(dim=0))
    assert torch.equal(found.argmax(dim=1), torch.arange(len(TARGETS)))
    if whiten == 0:  # but for the mean of the images, a twelfth of each
        assert float(found.diagonal().min()) > 0.9


def test_rejected_references_no_longer_look_like_people() -> None:
    queries, same = two_visits(0.2, draw(5, seed=108), 4)
    off = ~torch.eye(12, dtype=torch.bool)
    for attack, separated in ((ReidNcc(whiten=0, reject_spread=False), False), (ReidNcc(whiten=0), True)):
        scores = run(attack, queries).scores
        assert bool(scores[same & off].min() > scores[~same].max()) is separated


def test_too_many_directions_are_no_references() -> None:
    claim = run(ReidNcc(), fresh(0.5, 4))
    assert claim.details["rejected directions"] is None


def test_whoever_sends_negatives_is_found_as_well() -> None:
    atlas = torch.linspace(0, 4, TARGETS[0].numel()).reshape(TARGETS[0].shape)  # a brain that can stand upright
    own, targets = draw(24, seed=104) + atlas, draw(12, seed=105) + atlas
    both = targets, 5 - targets
    plain, inverted = (run(ReidNccClean(whiten=3), list(images[:, None]), cohort(own)) for images in both)
    assert torch.allclose(plain.filters, inverted.filters, atol=1e-3)
    found = filter_matrix(inverted.filters, targets, own.mean(dim=0))
    assert found.argmax(dim=1).tolist() == list(range(len(targets)))
    assert torch.allclose(*(filters_for(images, own, 3) for images in both), atol=1e-3)


def test_half_of_all_images_inverted_are_no_negatives() -> None:
    """A noise of either sign: nothing is known of its polarity, so nothing is turned round."""
    flags = torch.tensor([True, False] * 10)
    assert upright(flags) == 1
    assert upright(~flags) == 1
    assert upright(torch.tensor([True] * 19 + [False])) == -1


def test_scale_and_offset_of_intensities_do_not_matter() -> None:
    queries, _ = two_visits(0.5, draw(20, seed=109), 3)
    plain = run(ReidNcc(), queries).scores
    torch.testing.assert_close(run(ReidNcc(), [0.6 * q + 0.1 for q in queries]).scores, plain, atol=1e-3, rtol=0)


@pytest.mark.parametrize("attack", [ReidNcc(), LinearInversion()])
def test_order_of_releases_does_not_matter(attack: Attack) -> None:
    queries, _ = two_visits(0.5, draw(6, seed=110), 3)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    one, other = run(attack, queries), run(attack, [queries[i] for i in order])
    if isinstance(attack, ReidNcc):
        torch.testing.assert_close(one.scores[order][:, order], other.scores, atol=1e-4, rtol=0)
    else:
        torch.testing.assert_close(one.images[order], other.images, atol=1e-2, rtol=0)


@pytest.mark.parametrize(
    ("attack", "setting", "value"),
    [
        (ReidNcc(), "whiten", -1),
        (ReidNccClean(), "whiten", -1),
        (TtaMean(), "whiten", 1.5),
        (LinearInversion(), "noise", 0.0),
        (LinearInversion(), "iterations", -1),
        (LinearInversion(), "even", -1),
        (ReferenceDictionary(), "z", 0.0),
        (ReferenceDictionaryLeaked(), "known", 0),
    ],
)
def test_settings_out_of_range_are_refused(attack: Attack, setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=setting):
        replace(attack, **{setting: value})  # type: ignore[type-var]
