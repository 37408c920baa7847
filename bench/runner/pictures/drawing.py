"""Pictures as files: panels of slices, and curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.atomic import replacing
from bench.defense import Panel
from bench.records.parts import Interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#000000", "#8c8c8c", "#f2f2f2", "#3b7dd8", "#e69f00", "#cc79a7", "#009e73")
"""Background and the first classes; told apart by lightness as well as by hue."""


def draw_panels(rows: Sequence[Sequence[Panel]], classes: Sequence[str], title: str, path: Path) -> None:
    """One axial slice of every panel, anterior up, patient's right on the reader's left."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

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
    if any(panel.is_label for row in rows for panel in row):
        _explain_colours(figure, classes)
    _save(figure, path)


def _explain_colours(figure: "Figure", classes: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=colour, label=name) for colour, name in zip(_COLOURS[1:], classes[1:], strict=False)]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), fontsize=8, facecolor="#d9c9a3")


@dataclass(frozen=True, eq=False)
class Curve:
    """One measure along something.

    Attributes:
        points: where, and what was measured there.
        reference: a level to compare with, such as chance.
    """

    measure: str
    points: Sequence[tuple[float, Interval]]
    reference: float | None = None


def draw_curves(curves: Sequence[Curve], along: str, title: str, path: Path) -> None:
    """Curves side by side with their intervals (Fig. 3): what hiding costs beside what it hides."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(curves), 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, curve in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves, strict=True):
        known = [(place, value.value) for place, value in curve.points if value.value is not None]
        axis.plot([place for place, _ in known], [value for _, value in known], marker="o", color="#0072b2")
        bounds = [(place, v.low, v.high) for place, v in curve.points if v.low is not None and v.high is not None]
        if bounds:
            axis.fill_between(*map(list, zip(*bounds, strict=True)), alpha=0.2, color="#0072b2")
        if curve.reference is not None:
            axis.axhline(curve.reference, linestyle="--", color="#555555", label="chance")
            axis.legend(fontsize=8)
        axis.set_xlabel(along)
        axis.set_ylabel(curve.measure)
        axis.grid(alpha=0.3)
    figure.suptitle(title, fontsize=9)
    _save(figure, path)


def _save(figure: "Figure", path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
