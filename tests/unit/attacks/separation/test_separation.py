"""Separation scan by scan, kept as it goes; what more calls, restarts and queries buy."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.mixtures.people import People
from bench.attacks.separation.before import alpha_of_queries
from bench.attacks.separation.bss_dgp import BssDgp
from bench.attacks.separation.bss_edm import BssEdm, BssEdmReply
from bench.attacks.separation.separation import Separation
from bench.attacks.separation.separator import OnCalls, Queries, Separated, Separator
from bench.types.scan import Cohort, Roles
from bench.types.threat import Observes, Owns, ThreatModel, Tier
from bench.types.traffic import Release, Reply, Transcript
from bench.types.training import Trainer
from bench.view import AttackerView, view_for
from tests.trainers import trainer_in


@dataclass(frozen=True, kw_only=True)
class Halver:
    """Claims half of the mean query, brighter by 1 / (10 calls), from two starts that differ by .04."""

    worked: list[float]
    stop_after: int
    calls: int = 5
    restarts: int = 2
    parameters: int = 7

    def cheaper(self) -> "Sequence[Halver]":
        return [replace(self, calls=1)]

    def __call__(self, queries: Queries, alpha: Tensor, generator: torch.Generator, on_calls: OnCalls) -> Separated:
        if self.calls == 5 and queries.shape[1] == 4:  # else it is traced
            if len(self.worked) >= self.stop_after:
                raise KeyboardInterrupt
            self.worked.extend(alpha.tolist())
        on_calls(self.calls)
        half = queries.mean(dim=1) / 2 + 0.1 / self.calls
        noise = 0.01 * torch.rand(half.shape, generator=generator)
        targets = torch.stack([half, half + 0.04]) + noise
        return Separated(targets=targets, others=torch.stack([half, half]), alpha=alpha)


@dataclass(frozen=True, kw_only=True)
class Halves(Separation):
    """Counts its work and may be stopped."""

    name: ClassVar[str] = "halves"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )
    worked: list[float] = field(default_factory=list)
    stop_after: int = 99

    def learn(self, own: Cohort, trainer: Trainer) -> Separator:
        return Halver(worked=self.worked, stop_after=self.stop_after)


WANTED = (0, 2, 3, 4, 6)


def _view(attack: Separation, releases: Sequence[Tensor], roles: Roles) -> AttackerView:
    transcript, offers = Transcript([Release(queries) for queries in releases]), {"auxiliary": roles.auxiliary}
    return view_for(attack.name, attack.threat, transcript, offers, roles.test.classes, 2.0, wanted=WANTED)


def _run(attack: Separation, roles: Roles, folder: Path) -> Any:
    releases = [torch.stack([scan.image] * 4) for scan in roles.test.scans[:8]]
    return attack.run(_view(attack, releases, roles), trainer_in(folder))


@pytest.mark.parametrize("together", [1, 2])
def test_what_is_done_is_not_done_again(together: int, roles: Roles, tmp_path: Path) -> None:
    whole = _run(Halves(together=together), roles, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        _run(Halves(together=together, stop_after=3), roles, tmp_path / "stopped")
    rest = Halves(together=together)
    resumed = _run(rest, roles, tmp_path / "stopped")
    assert len(rest.worked) == {1: 2, 2: 1}[together]
    assert torch.equal(resumed.images, whole.images)
    assert torch.equal(resumed.others, whole.others)
    assert resumed.details == whole.details
    assert resumed.traces.keys() == whole.traces.keys()
    assert all(torch.equal(resumed.traces[name], whole.traces[name]) for name in whole.traces)
    assert (
        list(resumed.shown)
        == list(whole.shown)
        == [f"restart {chain}: {what}" for chain in (1, 2) for what in ("target, alpha 0.99", "reference")]
    )


def test_wanted_releases_have_their_image_and_alpha(roles: Roles, tmp_path: Path) -> None:
    claim = _run(Halves(together=2), roles, tmp_path)
    assert claim.images.shape == (5, *roles.test.scans[0].image.shape)
    assert claim.details["alpha"] == [0.99] * 5  # equal queries: nothing but the target in them
    assert [claim.details[name] for name in ("calls", "restarts", "prior_parameters")] == [5, 2, 7]
    for image, index in zip(claim.images, WANTED, strict=True):
        expected = (roles.test.scans[index].image / 2 + 0.04).clamp(0, 1)  # 0.02 of the calls, 0.02 of the restarts
        assert float((image - expected).abs().max()) <= 0.011


def test_traces_tell_what_more_of_each_buys(roles: Roles, tmp_path: Path) -> None:
    claim = _run(Halves(together=2, traced=3), roles, tmp_path)
    assert claim.along == {"calls": [1, 5], "restarts": [1, 2], "queries": [1, 3, 4]}
    truth = torch.stack([roles.test.scans[index].image for index in WANTED[:4]]) / 2  # groups of two, so four of them
    for name, bias in {"calls": [0.12, 0.04], "restarts": [0.02, 0.04], "queries": [0.04] * 3}.items():
        assert claim.traces[name].shape == (len(bias), *truth.shape)
        for images, expected in zip(claim.traces[name], bias, strict=True):
            assert float((images - (truth + expected)).abs().max()) <= 0.011


def test_without_traces_none_are_made(roles: Roles, tmp_path: Path) -> None:
    assert not _run(Halves(traced=0), roles, tmp_path).traces


@pytest.mark.parametrize(
    ("cls", "wrong", "words"),
    [
        (BssEdm, {"restarts": 2}, "has no randomness"),
        (BssEdm, {"levels": 0}, "must be >= 1"),
        (BssEdm, {"finest": 30.0}, "must fall"),
        (BssEdm, {"together": 0}, "together must be >= 1"),
        (BssDgp, {"levels": 1}, "levels must be >= 2"),
        (BssDgp, {"restarts": 0}, "restarts must be >= 1"),
        (BssDgp, {"traced": -1}, "traced >= 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(cls: type[Any], wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cls(**wrong)


def test_alpha_comes_from_the_reply_only_where_it_shows_levels(roles: Roles) -> None:
    own, alpha = roles.auxiliary, 0.8
    target, *others = own.scans[0], own.scans[2], own.scans[4]
    queries = torch.stack([alpha * target.image + (1 - alpha) * other.image for other in others])
    classes = len(own.classes)
    sharp = torch.stack(
        [
            alpha * F.one_hot(target.labels.long(), classes) + (1 - alpha) * F.one_hot(other.labels.long(), classes)
            for other in others
        ]
    ).movedim(-1, 1)
    unsure = 0.35 * sharp + 0.65 * torch.rand(sharp.shape, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    people = People.of(own)
    attack = BssEdmReply()

    def told(maps: Tensor) -> float:
        transcript = Transcript([Release(queries)], [Reply(maps)])
        view = view_for(attack.name, attack.threat, transcript, {"auxiliary": own}, own.classes, 2.0)
        return attack.alpha(view, 0, queries, people)

    assert told(sharp) == pytest.approx(alpha, abs=0.01)
    assert told(unsure) == pytest.approx(alpha_of_queries(queries, people))
