"""The pictures beside a record."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.defense import Networks, Panel
from bench.records.privacy import LeakCurve, Privacy
from bench.records.utility import Utility
from bench.runner.cell import Cell
from bench.runner.pictures.drawing import Curve, draw_curves, draw_panels
from bench.runner.pictures.panels import panels_for
from bench.runner.pictures.uncertainty import draw_uncertainty
from bench.runner.traffic.parties import Client, Server
from bench.types.scan import Cohort

Claimed = Mapping[str, Sequence[Sequence[Panel]]]
"""Rows of panels about an attack's claim, by the name of the picture."""
NOTHING: Claimed = {}


def draw_pictures(
    cell: Cell,
    client: Client,
    server: Server,
    victims: Cohort,
    key: Any,
    networks: Networks,
    utility: Utility,
    privacy: Privacy | None,
    claimed: Claimed = NOTHING,
) -> list[str]:
    """Draw into the cell's folder; returns the file names.

    Args:
        key: of the first victim's scan.
        privacy: None if the cell has no score.
        claimed: what an attack made of one release; empty if it claims nothing to see.
    """
    title = f"{cell.defense.name} on {cell.dataset.name}, {cell.request.preset}, seed {cell.request.seed}"
    rows = panels_for(client, server, victims.scans[0], key, networks)
    draw_panels(rows, victims.classes, title, cell.folder / "steps.png")
    pictures = ["steps.png"]
    for name, panels in claimed.items():
        draw_panels(panels, victims.classes, f"{title}; attack: {cell.attack.name}", cell.folder / f"{name}.png")
        pictures.append(f"{name}.png")
    if len(utility.dice_by_queries) > 1:
        dice = Curve("average Dice", [(float(point.queries), point.dice) for point in utility.dice_by_queries])
        leak = _leak(privacy, None if privacy is None else privacy.by_queries)
        draw_curves([dice, *leak], "queries K", title, cell.folder / "by-queries.png")
        pictures.append("by-queries.png")
    if utility.dice_by_dial is not None:
        dial = utility.dice_by_dial
        dice = Curve("average Dice", [(point.value, point.dice) for point in dial.points])
        leak = _leak(privacy, None if privacy is None else privacy.by_dial)
        draw_curves([dice, *leak], f"{dial.name} (one query)", title, cell.folder / f"by-{dial.name}.png")
        pictures.append(f"by-{dial.name}.png")
    if utility.uncertainty is not None:
        measured = utility.uncertainty
        pictures += draw_uncertainty(client, server, victims, key, measured, title, cell.folder)
    return pictures


def _leak(privacy: Privacy | None, curve: LeakCurve | None) -> list[Curve]:
    if privacy is None or curve is None:
        return []
    points = [(point.at, point.score) for point in curve.points]
    return [Curve(f"leakage ({privacy.headline})", points, privacy.scores[privacy.headline].chance)]
