"""The pictures of an uncertainty: where it is, where the errors are, and whether errors rise with it."""

from pathlib import Path
from typing import Any

from bench.defense import Panel
from bench.metrics.dice import class_map
from bench.records.utility import Uncertainty
from bench.runner.pictures.drawing import Curve, draw_curves, draw_panels
from bench.runner.traffic.parties import Client, Server
from bench.types.scan import Cohort


def draw_uncertainty(
    client: Client, server: Server, victims: Cohort, key: Any, measured: Uncertainty, title: str, folder: Path
) -> list[str]:
    """The map of the first victim's scan, and the reliability curve over all; returns the file names."""
    scan = victims.scans[0]
    answer = client.answer(server.serve(client.protect(scan, key)), key)
    uncertainty = answer.uncertainty()
    if uncertainty is None:
        return []
    predicted = class_map(answer.recover().cpu())
    row = [
        Panel("target", scan.image[0], is_label=False),
        Panel("recovered", predicted, is_label=True),
        Panel("wrong", (predicted != scan.labels).float(), is_label=False),
        Panel("uncertainty (over its maximum)", uncertainty / uncertainty.max().clamp_min(1e-12), is_label=False),
    ]
    draw_panels([row], victims.classes, title, folder / "uncertainty.png")
    points = [(10.0 * tenth, rate) for tenth, rate in enumerate(measured.error_by_tenth, start=1)]
    curve = Curve("error rate", points, measured.error_rate.value)
    along = "% of voxels, surest first"
    draw_curves([curve], along, f"{title}: AUROC {measured.auroc}", folder / "reliability.png")
    return ["uncertainty.png", "reliability.png"]
