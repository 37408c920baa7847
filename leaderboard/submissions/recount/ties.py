"""How far a second count may differ where candidates score alike: their order is drawn, under another seed here."""

from dataclasses import dataclass

import numpy as np

from bench.metrics.retrieval import CMC_DEPTH
from bench.records.claims import StoredLinkage

OF_A_TIE = 0.02
OF_TIES = 0.2


@dataclass(frozen=True, kw_only=True)
class Ties:
    """Ties among the candidates that were asked about.

    Attributes:
        anywhere: share of candidates that score like the next one.
        first: share of probes with a tie among their best candidates, so that who is found first is drawn.
    """

    anywhere: float
    first: float

    @classmethod
    def of(cls, linkage: StoredLinkage) -> "Ties":
        """Those of a linkage; a scan is no candidate for itself."""
        scores = linkage.scores.copy()
        scores[:, np.eye(len(linkage.people), dtype=bool)] = -np.inf  # sorts first, and is left out
        asked = scores if linkage.probes is None else scores[:, list(linkage.probes)]
        alike = np.diff(np.sort(asked, axis=-1)[..., 1:], axis=-1) == 0
        return cls(anywhere=float(alike.mean()), first=float(alike[..., -CMC_DEPTH:].any(axis=-1).mean()))

    @property
    def of_precision(self) -> float:
        """By how much a mean of average precisions may differ; these are averaged over draws already."""
        return OF_A_TIE + OF_TIES * self.anywhere if self.anywhere else 0.0

    @property
    def of_hits(self) -> float:
        """By how much a share of probes may differ; a name given by mistake touches the F1 of two people."""
        return 2 * self.first
