"""A record as tables on a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table

from bench.records.entries import DefenseEntry
from bench.records.parts import Interval
from bench.records.privacy import Privacy, Score
from bench.records.schema import Record
from bench.records.score_names import shown
from bench.records.utility import least_reliable

LIKENESS = {"ms_ssim": "MS-SSIM", "psnr": "PSNR in dB", "ncc": "correlation without atlas"}
OVERLAP = "dice"
"""What the names of scores that compare label maps begin with."""
WORST = "trait that leaks most"
"""Under which the record names it."""
_ABOUT = {"map": "re-identification ", "auc": "membership "}
"""What the headline is about, where its usual name does not say."""


def print_record(record: Record, path: Path, *, known: bool) -> None:
    """Utility beside leakage beside chance, then where the files are."""
    console = Console(highlight=False)
    console.print(Group(_head(record), _utility(record), *_privacy(record.privacy), _cost(record)))
    for warning in record.warnings:
        console.print(f"note: {warning}", style="yellow", soft_wrap=True, markup=False)
    if known:
        console.print("already done: nothing was run again", style="green")
    console.print(f"record  {path}", soft_wrap=True, markup=False)
    for picture in record.pictures:
        console.print(f"picture {path.parent / picture}", soft_wrap=True, markup=False)


def _head(record: Record) -> str:
    data = record.data
    people = ", ".join(f"{name} {count}" for name, count in data.subjects.items())
    made_up = "made-up anatomy" if data.synthetic else f"real scans, {data.revisits} second visits"
    return (
        f"\n[bold]{record.defense.name}[/] against [bold]{record.attack.name}[/] "
        f"(T{record.attack.threat.tier}) on {data.name}, {record.preset}, seed {record.seed}\n"
        f"{made_up}; {data.spacing_mm:g} mm; people: {people}{_origin(record.defense)}"
    )


def _origin(defense: DefenseEntry) -> str:
    """Where settings or networks come from that are neither defaults nor the suite's own."""
    found = ""
    if defense.trained_elsewhere is not None:
        brought = defense.trained_elsewhere
        found += f"\ntrained elsewhere: {escape(brought.method)} ({brought.digest})"
    if defense.tuned is not None:
        kept = {key: value for key, value in defense.tuned.chosen.items() if key not in defense.tuned.overruled}
        chosen = ", ".join(f"{key}={value}" for key, value in kept.items()) or "nothing that --set left"
        found += f"\ntuned by {defense.tuned.folds} folds of the training role: {escape(chosen)}"
    return found


def _utility(record: Record) -> Table:
    table = Table(title="Utility: what the hospital gets back", title_justify="left")
    table.add_column("class")
    table.add_column("Dice [95 % interval]", justify="right")
    table.add_column("test-retest ICC", justify="right")
    for name, dice in record.utility.dice.items():
        icc = record.utility.stability[name]
        reliability = Interval(value=icc.icc, low=icc.low, high=icc.high, n=icc.n)
        table.add_row(name, str(dice), str(reliability))
    table.add_row("average", str(record.utility.dice_average), style="bold")
    if len(record.utility.dice_by_key) > 1:
        table.add_row("average under each set of keys", _row_of(record.utility.dice_by_key))
    if len(record.utility.dice_by_queries) > 1:
        table.add_section()
        for point in record.utility.dice_by_queries:
            table.add_row(f"average at K = {point.queries}", str(point.dice))
    if record.utility.dice_by_dial is not None:
        table.add_section()
        for at in record.utility.dice_by_dial.points:
            least = least_reliable(at.stability)
            lowest = "" if least is None else f"{least:.3f} (lowest)"
            table.add_row(f"one query at {record.utility.dice_by_dial.name} = {at.value:g}", str(at.dice), lowest)
    if record.utility.hd95_mm:
        table.add_section()
        for name, distance in record.utility.hd95_mm.items():
            table.add_row(f"HD95 of {name} in mm", _in_millimetres(distance))
    if record.utility.uncertainty is not None:
        table.add_section()
        table.add_row("AUROC of the uncertainty against errors", str(record.utility.uncertainty.auroc))
        table.add_row("AUROC of 1 - probability against errors", str(record.utility.uncertainty.baseline_auroc))
    if record.utility.self_checks:
        table.add_section()
        for name, value in record.utility.self_checks.items():
            table.add_row(f"self-check: {name.replace('_', ' ')}", str(value))
    return table


def _in_millimetres(distance: Interval) -> str:
    """With one decimal, as a voxel is millimetres."""
    if distance.value is None:
        return "-"
    if distance.low is None or distance.high is None:
        return f"{distance.value:.1f}"
    return f"{distance.value:.1f} [{distance.low:.1f}, {distance.high:.1f}]"


def _privacy(privacy: Privacy | None) -> list[Table]:
    if privacy is None:
        return []
    table = Table(title="Leakage: what the attacker gets (higher is worse)", title_justify="left")
    table.add_column("score")
    table.add_column("value [95 % interval]", justify="right")
    table.add_column("chance", justify="right")
    for name, score in privacy.scores.items():
        if name in LIKENESS or name.startswith(OVERLAP):
            continue
        style = "bold" if name == privacy.headline else None
        of = f", {privacy.details[WORST]}" if name == "worst_trait" else ""
        table.add_row(_ABOUT.get(name, "") + shown(name) + of, str(score.value), _chance(score), style=style)
    if len(privacy.headline_by_key) > 1:
        table.add_row(f"{shown(privacy.headline)} under each set of keys", _row_of(privacy.headline_by_key), "")
    view = privacy.verification
    if view is not None and privacy.residual is not None:
        table.add_row("AUC, same person or not", str(view.auc), "0.500")
    for point in [] if view is None else view.operating_points:
        value = f"needs FPR >= {view.smallest_fpr:.2%}" if view and view.smallest_fpr is not None else "too few people"
        tpr = value if point.tpr is None else str(point.tpr)
        table.add_row(f"recognised at FPR {point.fpr:.1%}", tpr, f"{point.fpr:.3f}")
    if privacy.residual is not None:
        table.add_row("excess over strangers", str(privacy.residual.excess), "0.000")
    table.add_section()
    yardstick = _yardstick(privacy)
    for name, control in privacy.controls.items():
        table.add_row(f"control, {yardstick} on {name}", str(control.scores[privacy.headline]), "")
    if privacy.confound is not None:
        table.add_row("shared reference beats own visit", str(privacy.confound.reference_preferred), "")
    for curve in (privacy.by_queries, privacy.by_dial):
        if curve is not None:
            table.add_section()
            sign, budget = ("K", "") if curve.along == "queries" else (curve.along, ", one query")
            for at in curve.points:
                table.add_row(f"{shown(privacy.headline)} at {sign} = {at.at:g}{budget}", str(at.score), "")
    if LIKENESS.keys() <= privacy.scores.keys():
        return [table, _beside_controls(privacy, "Likeness to the scan", "picture", "reconstruction", LIKENESS)]
    if OVERLAP in privacy.scores:
        columns = {name: _overlap_title(name) for name in privacy.scores if name.startswith(OVERLAP)}
        return [table, _beside_controls(privacy, "Dice of the label maps", "label map", "decoded", columns)]
    return [table]


def _yardstick(privacy: Privacy) -> str:
    """What controls are judged by."""
    if "advantage" in privacy.scores:
        return "certainty"
    if "worst_trait" in privacy.scores:
        return "size of every class"
    return "Dice" if OVERLAP in privacy.scores else "MS-SSIM"


def _beside_controls(privacy: Privacy, title: str, what: str, own: str, columns: Mapping[str, str]) -> Table:
    """The attack's row between those of the controls: brains look alike, so a row alone means nothing.

    Args:
        own: name of the attack's row.
        columns: scores with their titles.
    """
    table = Table(title=f"{title} (higher is worse)", title_justify="left")
    table.add_column(what)
    for heading in columns.values():
        table.add_column(heading, justify="right")
    table.add_row(own, *(str(privacy.scores[name].value) for name in columns), style="bold")
    table.add_section()
    for name, control in privacy.controls.items():
        table.add_row(name, *(str(control.scores[score]) for score in columns))
    return table


def _overlap_title(name: str) -> str:
    known = {OVERLAP: "average", f"{OVERLAP}_recovered": "with recovered"}
    return known.get(name, name.removeprefix(f"{OVERLAP}_"))


def _row_of(values: Sequence[float | None]) -> str:
    return " ".join("-" if value is None else f"{value:.3f}" for value in values)


def _chance(score: Score) -> str:
    return "-" if score.chance is None else f"{score.chance:.3f}"


def _cost(record: Record) -> str:
    cost = record.cost
    client, server = map(_milliseconds, (cost.client_seconds, cost.server_seconds))
    return (
        f"per scan: client {client}, server {server}, sent {cost.bytes_sent / 1e6:.2f} MB, "
        f"received {cost.bytes_received / 1e6:.2f} MB; training {cost.training_seconds or 0:.0f} s, "
        f"attack {cost.attack_seconds or 0:.0f} s"
    )


def _milliseconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.0005 else "<1 ms"
