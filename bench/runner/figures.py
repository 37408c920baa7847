"""The picture of a cell: what was sent, what came back, what the client made of it (Fig. 2 of the paper)."""

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from bench.defense import Illustrated, Networks, Panel
from bench.runner import wire
from bench.runner.parties import Client, Server
from bench.types.scan import Scan

_COLOURS = ("#000000", "#8c8c8c", "#f2f2f2", "#3b7dd8", "#e69f00", "#cc79a7", "#009e73")
"""Background and the first classes; told apart by lightness as well as by hue."""


def panels_for(client: Client, server: Server, scan: Scan, key: object, networks: Networks) -> list[list[Panel]]:
    """Rows of panels: the defense's own, or the way of the scan through the system."""
    if isinstance(client.defense, Illustrated):
        moved = Scan(
            image=scan.image.to(client.device),
            labels=scan.labels.to(client.device),
            subject=scan.subject,
            family=scan.family,
            session=scan.session,
        )
        with torch.inference_mode():
            return client.defense.illustrate(moved, key, networks)
    release = client.protect(scan, key)
    reply = server.serve(release)
    sent = wire.decode(release.queries, torch.device("cpu"))
    back = wire.decode(reply, torch.device("cpu"))
    recovered = client.recover(reply, key)
    return [
        [
            Panel("target", scan.image[0], is_label=False),
            Panel("sent (first query)", sent[0, 0], is_label=False),
            Panel("server's map", back[0].argmax(dim=0), is_label=True),
            Panel("recovered", recovered.argmax(dim=0), is_label=True),
            Panel("truth", scan.labels, is_label=True),
        ]
    ]


def draw_panels(rows: Sequence[Sequence[Panel]], classes: Sequence[str], title: str, path: Path) -> None:
    """One axial slice of every panel, anterior up, patient's right on the reader's left."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    columns = max(len(row) for row in rows)
    figure = Figure(figsize=(2.0 * columns, 2.45 * len(rows) + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), columns, squeeze=False)
    colours = ListedColormap(_COLOURS[: len(classes)])
    for row, line in zip(axes, rows, strict=True):
        for axis in row:
            axis.axis("off")
        for axis, panel in zip(row, line, strict=False):
            volume = panel.volume.detach().cpu().float()
            # RAS+: first axis grows to the patient's right, which radiologists put on the left.
            plane = volume[:, :, volume.shape[2] // 2].flip(0).T
            limits = {"vmin": -0.5, "vmax": len(classes) - 0.5} if panel.is_label else {"vmin": 0.0, "vmax": 1.0}
            axis.imshow(
                plane, origin="lower", cmap=colours if panel.is_label else "gray", interpolation="nearest", **limits
            )
            axis.set_title(panel.title, fontsize=8)
    figure.suptitle(title, fontsize=9)
    patches = [Patch(color=colour, label=name) for colour, name in zip(_COLOURS[1:], classes[1:], strict=False)]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), fontsize=8, facecolor="#d9c9a3")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.png")
    try:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def draw_query_curve(points: Sequence[tuple[int, float, float | None, float | None]], title: str, path: Path) -> None:
    """Average Dice against the number of queries (Fig. 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 3.0), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    queries = [point[0] for point in points]
    values = [point[1] for point in points]
    axis.plot(queries, values, marker="o", color="#0072b2")
    whole = [(q, low, high) for q, _, low, high in points if low is not None and high is not None]
    if whole:
        axis.fill_between(*map(list, zip(*whole, strict=True)), alpha=0.2, color="#0072b2")  # type: ignore[arg-type]
    axis.set_xlabel("queries K")
    axis.set_ylabel("average Dice")
    axis.set_title(title, fontsize=9)
    axis.grid(alpha=0.3)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.png")
    try:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
