"""Re-identification by matched filter: correlation of releases without the mean brain.

Source: the matched filter, optimal for a known signal in Gaussian noise; whitening by principal components of other
people (Turk and Pentland, "Eigenfaces", 1991); removal of nuisance directions (nuisance attribute projection,
Solomonoff et al., 2005).
Threat model: T1; sees all queries of every release and owns scans of other people.

With m = alpha x + (1 - alpha) rbar the correlation with x, mean brain removed, is alpha / sqrt(alpha^2 +
(1 - alpha)^2 / K). Two things get in its way. (1) A few axes hold much of the variance between people, and say little:
there the variance is cut down to that of the weakest of them. (2) Releases with references in common look alike.
Queries of one release differ by (1 - alpha) (r_k - r_l) and nothing else, so a pool of R references shows as R - 1
directions, the same in all releases. Outside of them every reference is one and the same image, which goes with the
mean of all releases: what is left is patients.
The mean brain is removed by least squares together with a constant, so scale and offset of intensities do not matter;
releases in which nearly everybody's mean brain stands inverted are taken for negatives, as an encoder may send.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import torch

from bench.attacks.matched.attack import MatchedFilter
from bench.attacks.matched.remainders import remainders_of
from bench.attacks.matched.rows import correlations
from bench.types.claim import Linkage
from bench.types.threat import Goal
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class ReidNcc(MatchedFilter):
    """Link the releases whose deviations from the mean brain correlate."""

    name: ClassVar[str] = "reid-ncc"
    summary: ClassVar[str] = "link releases by correlation without the mean brain (matched filter)"
    goal: ClassVar[Goal] = Goal.LINKAGE

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        """Correlation of every pair of releases."""
        own = torch.stack([scan.image for scan in view.auxiliary])
        left = remainders_of((release.queries for release in view.releases), own, self.reject_spread)
        count = left.whitening(self.whiten)
        scores = correlations(left.whitened(count))
        return Linkage(scores=scores, details={"whitened": count, "rejected directions": left.rejected})
