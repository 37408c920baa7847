"""Re-identification by matched filter in a gallery of clean scans: whom of these people does a release show?

Source: the matched filter, optimal for a known signal in Gaussian noise; for what is taken out before, see
`bench.attacks.reid_ncc`.
Threat model: T1; sees all queries of every release and owns scans of other people. Whoever holds clean scans of the
patients themselves (a public cohort, another hospital's archive) correlates them with what this attack returns.

The attack is not shown the gallery, for the very scan that was sent lies in it and would be found at once: it returns a
filter for every release, the suite correlates it with all clean scans but that one. A filter is the release without
the mean brain, a constant and the directions in which its queries differ, its variance evened out on both sides:
<W m, W x> = <W W m, x>. It knows nothing of alpha, and makes no picture: the picture beside it is the averaged release.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch

from bench.attacks.matched.attack import MatchedFilter
from bench.attacks.matched.filters import as_filters
from bench.attacks.matched.remainders import remainders_of
from bench.types.claim import Reconstruction
from bench.types.threat import Goal
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class ReidNccClean(MatchedFilter):
    """Look releases up among clean scans by their deviations from the mean brain."""

    name: ClassVar[str] = "reid-ncc-clean"
    summary: ClassVar[str] = "look releases up among clean scans by correlation (matched filter)"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """The averaged release as the picture, and its filter."""
        own = torch.stack([scan.image for scan in view.auxiliary])
        left = remainders_of((release.queries for release in view.releases), own, self.reject_spread)
        count = left.whitening(self.whiten)
        pictures = torch.stack([release.queries.float().mean(dim=(0, 1)) for release in view.releases])[:, None]
        wanted = list(view.wanted)
        return Reconstruction(
            images=pictures[wanted].clamp(0, 1),
            filters=as_filters(left.found, left.others, left.inside, count)[wanted],
            details={"whitened": count, "rejected directions": left.rejected},
        )
