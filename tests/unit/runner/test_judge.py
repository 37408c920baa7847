"""Reconstructions of some scans, scored among everybody; both sources; traces."""

import math

import pytest
import torch

from bench.runner.attack.contract import checked_claim
from bench.runner.leakage.judge import Judge
from bench.types.claim import Linkage, Reconstruction
from bench.types.scan import Roles
from bench.types.threat import Goal

CPU = torch.device("cpu")
WANTED = (1, 4, 6)


def _judge(roles: Roles) -> Judge:
    scans = roles.test.scans
    return Judge(goal=Goal.RECONSTRUCTION, scans=scans, auxiliary=roles.auxiliary, device=CPU, wanted=WANTED)


def _images(roles: Roles) -> torch.Tensor:
    return torch.stack([roles.test.scans[index].image for index in WANTED])


def _noise(like: torch.Tensor, size: float) -> torch.Tensor:
    return size * torch.randn(like.shape, generator=torch.Generator().manual_seed(0))


def test_wanted_scans_are_looked_for_among_everybody(roles: Roles) -> None:
    judge = _judge(roles)
    claims = [Reconstruction(_images(roles))]
    linkages = judge.linkages(claims)
    assert linkages[0].probes == WANTED
    scores = judge.scores(claims, linkages, (0, "test"))
    assert scores["map"].value.value == 1
    assert scores["map"].value.n == len({roles.test.scans[index].subject for index in WANTED})
    assert scores["psnr"].value.value > 60  # the wire rounds
    assert "ms_ssim_better_of_two" not in scores


def test_filters_decide_in_place_of_images(roles: Roles) -> None:
    """Whoever says nothing with the picture and everything with the filter is found, and the record says how."""
    judge = _judge(roles)
    atlas = torch.stack([scan.image for scan in roles.auxiliary]).mean(dim=0)
    blank = torch.zeros_like(_images(roles))
    claim = Reconstruction(blank, filters=3 * (_images(roles) - atlas))
    linkages = judge.linkages([claim])
    assert linkages[0].probes == WANTED
    scores = judge.scores([claim], linkages, (0, "test"))
    assert scores["map"].value.value == 1
    assert scores["psnr"].value.value < 30  # of the blank picture
    assert judge.gallery(claim) == "filter against clean scans by correlation, own scan left out"
    assert judge.gallery(Reconstruction(blank)) == "reconstruction against clean scans, own scan left out"


def test_filters_that_are_not_finite_are_refused() -> None:
    claim = Reconstruction(torch.zeros(3, 1, 20, 24, 20), filters=torch.full((3, 1, 20, 24, 20), torch.nan))
    with pytest.raises(ValueError, match="filters must be finite"):
        checked_claim(Goal.RECONSTRUCTION, claim, 8, (20, 24, 20), 4, (0, 1, 2))


def test_controls_are_judged_on_the_same_scans(roles: Roles) -> None:
    judge = _judge(roles)
    everything = torch.stack([scan.image for scan in roles.test.scans])
    everything[[index for index in range(len(everything)) if index not in WANTED]] = 0
    scores = judge.pictures([everything], (0, "test"))
    assert scores["map"].value == 1
    assert scores["psnr"].value > 60


def test_of_two_sources_the_closer_one_counts(roles: Roles) -> None:
    truth = _images(roles)
    near, far = truth, (truth + _noise(truth, 0.3)).clamp(0, 1)
    swapped = [far[0], near[1], far[2]], [near[0], far[1], near[2]]
    one, other = (torch.stack(images) for images in swapped)
    judge = _judge(roles)
    claims = [Reconstruction(one, others=other)]
    scores = judge.scores(claims, judge.linkages(claims), (0, "test"))
    assert scores["ms_ssim_better_of_two"].value.value == pytest.approx(1, abs=1e-4)
    assert scores["ms_ssim"].value.value < 0.99


def test_a_trace_rises_with_what_it_runs_along(roles: Roles) -> None:
    truth = _images(roles)
    points = [(truth[:2] + _noise(truth[:2], size)).clamp(0, 1) for size in (0.5, 0.2, 0.0)]
    claim = Reconstruction(truth, traces={"calls": torch.stack(points)}, along={"calls": [1.0, 3.0, 15.0]})
    (trace,) = _judge(roles).traces([claim, claim], (0, "test"))
    assert trace.along == "calls"
    assert [point.at for point in trace.points] == [1, 3, 15]
    found = [point.scores["ms_ssim"].value for point in trace.points]
    assert found[0] < found[1] < found[2] == pytest.approx(1, abs=1e-4)
    assert trace.points[0].scores["psnr"].n == 2


def test_an_attack_without_traces_has_none(roles: Roles) -> None:
    assert _judge(roles).traces([Reconstruction(_images(roles))], (0, "test")) == []
    assert _judge(roles).traces([], (0, "test")) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"images": torch.zeros(8, 1, 20, 24, 20)}, "one image a wanted scan"),
        ({"others": torch.zeros(2, 1, 20, 24, 20)}, "others must have the shape"),
        ({"others": torch.full((3, 1, 20, 24, 20), torch.nan)}, "others must be finite"),
        (
            {"traces": {"calls": torch.zeros(2, 4, 1, 20, 24, 20)}, "along": {"calls": [1, 2]}},
            "the trace 'calls' needs",
        ),
        ({"traces": {"calls": torch.zeros(2, 3, 1, 20, 24, 20)}, "along": {"calls": [1]}}, "one number a point"),
        ({"traces": {"calls": torch.zeros(2, 3, 1, 20, 24, 20)}}, "one number a point"),
        ({"traces": {"calls": torch.zeros(2, 3, 1, 20, 24, 20)}, "along": {"calls": ["a", "b"]}}, "rising numbers"),
        ({"traces": {"calls": torch.zeros(2, 3, 1, 20, 24, 20)}, "along": {"calls": [2, 1]}}, "rising numbers"),
        ({"traces": {"calls": torch.zeros(2, 3, 1, 20, 24, 20)}, "along": {"calls": [1, math.inf]}}, "rising numbers"),
        ({"traces": {"calls": torch.zeros(1, 3, 1, 5, 24, 20)}, "along": {"calls": [1]}}, "must have the shape"),
    ],
)
def test_what_cannot_be_scored_is_refused(roles: Roles, wrong: dict, words: str) -> None:
    claim = Reconstruction(torch.zeros(3, 1, 20, 24, 20))
    for name, value in wrong.items():
        object.__setattr__(claim, name, value)
    with pytest.raises(ValueError, match=words):
        checked_claim(Goal.RECONSTRUCTION, claim, 16, (20, 24, 20), 4, WANTED)


def test_an_attack_does_not_choose_its_probes() -> None:
    with pytest.raises(ValueError, match="the suite's to say"):
        checked_claim(Goal.LINKAGE, Linkage(torch.zeros(4, 4), probes=(1,)), 4, (20, 24, 20), 4)


def test_links_are_judged_in_the_precision_that_they_are_stored_in(roles: Roles) -> None:
    """Confident scores in double precision tie in the file beside the record, where everybody counts again."""
    judge = Judge(goal=Goal.LINKAGE, scans=roles.test.scans, auxiliary=roles.auxiliary, device=CPU)
    count = len(roles.test.scans)
    nearly = 1 - torch.arange(count * count, dtype=torch.float64).reshape(count, count) * 1e-12
    (found,) = judge.linkages([Linkage(nearly)])
    assert found.scores.dtype is torch.float32
    assert judge.headline([Linkage(nearly)], (0, "x")) == judge.headline([Linkage(torch.ones(count, count))], (0, "x"))


def test_scores_that_the_stored_precision_cannot_hold_are_no_claim() -> None:
    large = torch.full((4, 4), 1e300, dtype=torch.float64)
    with pytest.raises(ValueError, match="must be finite"):
        checked_claim(Goal.LINKAGE, Linkage(large), 4, (8, 8, 8), 4)
