"""Controls beside traits: what the size of every class tells, without an attack.

A regression on one volume a class, taught by the true label maps of the attacker's own people, is the yardstick for
every attack, so controls of one cohort compare.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from sklearn.linear_model import Ridge
from torch import Tensor

from bench.models.segmentation_loss import one_hot
from bench.records.privacy import Control
from bench.runner.leakage.traits import Axes, tell_traits
from bench.runner.traffic.recording import Traffic
from bench.types.claim import Attribute
from bench.types.scan import Cohort, Scan

MEANINGS: Mapping[str, str] = {
    "do-nothing": "the volume of every class in the server's answer itself, its queries averaged",
    "oracle-key": "the volume of every class in the true label maps, as whoever holds the whole key sees them",
}
LEAST = 1e-9

Rows = Float[np.ndarray, "_scan class"]


def trait_controls(repetitions: Sequence[Traffic], auxiliary: Cohort, axes: Axes) -> dict[str, Control]:
    """Every control by name; `do-nothing` only where replies were recorded.

    Args:
        repetitions: the traffic under several sets of keys.
        auxiliary: the attacker's own scans.
        axes: seed axes of the intervals.
    """
    scans, classes = repetitions[0].scans, len(auxiliary.classes)
    rows = {
        "do-nothing": [
            _volumes(reply.maps.float().mean(dim=0) for reply in traffic.transcript.replies)
            for traffic in repetitions
            if len(traffic.transcript.replies)
        ],
        "oracle-key": [_true_volumes(scans, classes)],
    }
    own = _true_volumes(auxiliary.scans, classes)
    found = {}
    for name, repeated in rows.items():
        if repeated:
            claims = [_regressed(auxiliary, own, asked) for asked in repeated]
            told = tell_traits(claims, scans, auxiliary, (*axes, "control", name))
            scores = {score: found.value for score, found in told.scores.items()}
            found[name] = Control(meaning=MEANINGS[name], scores=scores)
    return found


def _regressed(auxiliary: Cohort, own: Rows, asked: Rows) -> Attribute:
    """Ridge regression on volumes that have mean 0 and variance 1 in both groups; sex as 0 and 1."""
    mine, theirs = ((rows - rows.mean(axis=0)) / (rows.std(axis=0) + LEAST) for rows in (own, asked))
    predicted: dict[str, Tensor] = {}
    for trait in auxiliary.traits:
        numbers = [scan.traits.number(trait) for scan in auxiliary]
        known = [place for place, number in enumerate(numbers) if number is not None]
        fitted = Ridge().fit(mine[known], np.array([numbers[place] for place in known], dtype=np.float64))
        predicted[trait] = torch.from_numpy(fitted.predict(theirs))
    return Attribute(predicted)


def _true_volumes(scans: Sequence[Scan], classes: int) -> Rows:
    return _volumes(one_hot(scan.labels[None], classes)[0] for scan in scans)


def _volumes(maps: Iterable[Float[Tensor, "class depth height width"]]) -> Rows:
    rows: Rows = torch.stack([soft[1:].double().mean(dim=(1, 2, 3)) for soft in maps]).numpy()
    return rows
