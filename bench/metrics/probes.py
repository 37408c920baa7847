"""The scores of a linkage, and the rows in it that mean something."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from bench.types.claim import Linkage, Repeated, each


def checked_scores(linkage: Linkage, scans: int) -> Float[np.ndarray, "probe candidate"]:
    """The matrix in double precision; NaN in rows that are no probes.

    Raises:
        ValueError: it is not `scans` x `scans`, or holds scores off the diagonal of a probe's row that are not finite.
    """
    scores = linkage.scores
    if tuple(scores.shape) != (scans, scans):
        raise ValueError(
            f"linkage scores must be {scans} x {scans}, one row and column a scan, got {tuple(scores.shape)}"
        )
    matrix = scores.detach().cpu().double().numpy().copy()
    probed = probes_of(linkage, scans)
    bad = ~np.isfinite(matrix) & ~np.eye(scans, dtype=bool) & probed[:, None]
    if bad.any():
        probe, candidate = np.argwhere(bad)[0]
        raise ValueError(
            f"linkage scores must be finite off the diagonal, got {matrix[probe, candidate]} "
            f"for probe {probe} and candidate {candidate} ({int(bad.sum())} such scores)"
        )
    matrix[~probed] = np.nan
    return matrix


def probes_of(linkages: Repeated, scans: int) -> Bool[np.ndarray, " scan"]:
    """Which rows are probes: the same in every repetition.

    Raises:
        ValueError: repetitions with other probes, or a probe that is no row.
    """
    chosen = {linkage.probes for linkage in each(linkages)}
    if len(chosen) > 1:
        raise ValueError(f"every repetition must have the same probes, got {sorted(map(str, chosen))}")
    (probes,) = chosen
    return _rows(tuple(range(scans)) if probes is None else probes, scans)


def _rows(probes: Sequence[int], scans: int) -> Bool[np.ndarray, " scan"]:
    if not probes or min(probes) < 0 or max(probes) >= scans:
        raise ValueError(f"probes must name rows of {scans}, got {tuple(probes)}")
    rows = np.zeros(scans, dtype=bool)
    rows[list(probes)] = True
    return rows
