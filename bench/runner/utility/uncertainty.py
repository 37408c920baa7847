"""Whether the client's own uncertainty finds its errors."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from bench.metrics.calibration import error_auroc, error_by_uncertainty, in_question
from bench.metrics.dice import class_map
from bench.records.utility import Uncertainty
from bench.runner.traffic.answer import Answer
from bench.runner.utility.segmentation import over_people
from bench.types.scan import Scan
from bench.types.traffic import Probabilities


@dataclass(frozen=True, eq=False)
class ScanUncertainty:
    """The uncertainty of one scan against its errors, see `bench.metrics.calibration`.

    Attributes:
        auroc: of the defense's uncertainty; `baseline`: of one minus the largest recovered probability.
        error_rate: share of wrong voxels.
        by_tenth: the same in tenths of the voxels, from the surest to the least sure.
    """

    auroc: float
    baseline: float
    error_rate: float
    by_tenth: Float[np.ndarray, "10"]


def uncertainty_about(answer: Answer, probabilities: Probabilities, scan: Scan) -> ScanUncertainty | None:
    """None if the defense has no uncertainty, or none for this answer.

    Args:
        probabilities: what the client recovered from the answer.
    """
    uncertainty = answer.uncertainty()
    if uncertainty is None:
        return None
    predicted = class_map(probabilities)
    voxels = in_question(predicted, scan.labels)
    wrong = (predicted != scan.labels)[voxels].numpy()
    values = uncertainty.cpu()[voxels].numpy()
    return ScanUncertainty(
        auroc=error_auroc(values, wrong),
        baseline=error_auroc((1 - probabilities.amax(dim=0))[voxels].numpy(), wrong),
        error_rate=float(wrong.mean()) if len(wrong) else np.nan,
        by_tenth=error_by_uncertainty(values, wrong),
    )


def over_scans(uncertainties: Mapping[str, ScanUncertainty], *axes: str | int) -> Uncertainty | None:
    """Means over people with their intervals; None if nobody's answer came with an uncertainty.

    Args:
        uncertainties: by person.
        axes: seed axes of the bootstrap.
    """
    if not uncertainties:
        return None
    return Uncertainty(
        auroc=over_people({s: [one.auroc] for s, one in uncertainties.items()}, *axes, "auroc"),
        baseline_auroc=over_people({s: [one.baseline] for s, one in uncertainties.items()}, *axes, "baseline auroc"),
        error_rate=over_people({s: [one.error_rate] for s, one in uncertainties.items()}, *axes, "error rate"),
        error_by_tenth=[
            over_people({s: [float(one.by_tenth[i])] for s, one in uncertainties.items()}, *axes, "tenth", i)
            for i in range(10)
        ],
    )
