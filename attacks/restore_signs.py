"""Reconstruction from releases whose voxels have random signs, and looking them up among clean scans.

Source: as in Carlini et al., "Is private learning possible with instance encoding?", S&P 2021, who broke InstaHide:
random signs are no secret worth having. What puts them back is ours, see `bench.attacks.matched.signs`; the matched
filter is that of `bench.attacks.reid_ncc_clean`.
Threat model: T1; sees all queries of every release and owns scans of other people.

Differs from the paper: there, many releases mix few private images, are grouped by whom they share, and solved for
pixels; here a patient is sent once, so one release has to do, and what is looked for is a person and not pixels.
Releases whose signs are no coins are taken as they are.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch

from bench.attacks.matched.attack import MatchedFilter
from bench.attacks.matched.brain import Brain
from bench.attacks.matched.filters import as_filters
from bench.attacks.matched.remainders import remainders_of
from bench.attacks.matched.signs import restored, tossed
from bench.types.claim import Reconstruction
from bench.types.threat import Goal
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class RestoreSigns(MatchedFilter):
    """Put random signs back by the mean brain, then look releases up among clean scans."""

    name: ClassVar[str] = "restore-signs"
    summary: ClassVar[str] = "put random signs back by the mean brain, then look up among clean scans"
    source: ClassVar[str] = "after Carlini et al., S&P 2021"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """The mean of a release's queries with their signs put back, and its filter."""
        own = torch.stack([scan.image for scan in view.auxiliary])
        releases = [release.queries.float() for release in view.releases]
        coins = tossed(releases, Brain.of(own).inside)
        if coins:
            releases = restored(releases, own)
        left = remainders_of(releases, own, self.reject_spread)
        count = left.whitening(self.whiten)
        pictures = torch.stack([queries.mean(dim=(0, 1)) for queries in releases])[:, None]
        wanted = list(view.wanted)
        return Reconstruction(
            images=pictures[wanted].clamp(0, 1),
            filters=as_filters(left.found, left.others, left.inside, count)[wanted],
            details={"signs put back": coins, "whitened": count, "rejected directions": left.rejected},
        )
