"""Separation scan by scan, kept as it goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from bench.attacks.separation.bss_dgp import BssDgp
from bench.attacks.separation.bss_edm import BssEdm
from bench.attacks.separation.separation import Separation, Separator, Volume
from bench.types.scan import Cohort, Roles
from bench.types.threat import Observes, Owns, ThreatModel, Tier
from bench.types.traffic import Release, Transcript
from bench.types.training import Trainer
from bench.view import AttackerView, view_for
from tests.trainers import trainer_in


@dataclass(frozen=True, kw_only=True)
class Halves(Separation):
    """Claims half of the mean query plus a little noise; counts its work and may be stopped."""

    name: ClassVar[str] = "halves"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )
    worked: list[float] = field(default_factory=list)
    stop_after: int = 99

    def learn(self, own: Cohort, trainer: Trainer) -> Separator:
        def separate(queries: Tensor, alpha: float, generator: torch.Generator) -> tuple[Volume, dict[str, Tensor]]:
            if len(self.worked) == self.stop_after:
                raise KeyboardInterrupt
            self.worked.append(alpha)
            noise = 0.01 * torch.rand(queries.shape[1:], generator=generator)
            return queries.mean(0) / 2 + noise, {"half": queries[0, 0]}

        return separate


def _view(attack: Separation, releases: Sequence[Tensor], roles: Roles) -> AttackerView:
    transcript = Transcript([Release(queries) for queries in releases])
    return view_for(attack.name, attack.threat, transcript, {"auxiliary": roles.auxiliary}, roles.test.classes, 2.0)


def _run(attack: Separation, roles: Roles, folder: Path) -> Any:
    releases = [torch.stack([scan.image, scan.image]) for scan in roles.test.scans[:5]]
    return attack.run(_view(attack, releases, roles), trainer_in(folder))


def test_what_is_done_is_not_done_again(roles: Roles, tmp_path: Path) -> None:
    whole = _run(Halves(), roles, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        _run(Halves(stop_after=3), roles, tmp_path / "stopped")
    rest = Halves()
    resumed = _run(rest, roles, tmp_path / "stopped")
    assert len(rest.worked) == 2
    assert torch.equal(resumed.images, whole.images)
    assert resumed.details == whole.details
    assert list(resumed.shown) == ["half"]


def test_every_release_has_its_image_and_alpha(roles: Roles, tmp_path: Path) -> None:
    claim = _run(Halves(), roles, tmp_path)
    assert claim.images.shape == (5, *roles.test.scans[0].image.shape)
    assert claim.details["alpha"] == [0.99] * 5  # two equal queries: nothing but the target in them
    for image, scan in zip(claim.images, roles.test.scans[:5], strict=True):
        assert float((image - scan.image / 2).abs().max()) <= 0.011


@pytest.mark.parametrize(
    ("cls", "wrong", "words"),
    [
        (BssEdm, {"restarts": 2}, "has no randomness"),
        (BssEdm, {"levels": 0}, "must be >= 1"),
        (BssEdm, {"finest": 30.0}, "must fall"),
        (BssDgp, {"levels": 1}, "levels must be >= 2"),
        (BssDgp, {"restarts": 0}, "restarts >= 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(cls: type[Any], wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        cls(**wrong)
