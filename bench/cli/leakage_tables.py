"""The leakage of a record on a terminal."""

from collections.abc import Mapping

from bench.cli.sheet import Sheet, row_of, sheet_of
from bench.records.parts import Interval
from bench.records.privacy import Privacy, Score
from bench.records.score_names import shown

LIKENESS = {"ms_ssim": "MS-SSIM", "psnr": "PSNR in dB", "ncc": "correlation without atlas"}
OVERLAP = "dice"
"""What the names of scores that compare label maps begin with."""
WORST = "trait that leaks most"
"""Under which the record names it."""
_ABOUT = {"map": "re-identification ", "auc": "membership "}
"""What the headline is about, where its usual name does not say."""


def leakage_tables(privacy: Privacy) -> list[Sheet]:
    """Every score beside chance, then controls, then along whatever was varied; pictures and label maps apart."""
    table = sheet_of("Leakage: what the attacker gets (higher is worse)", "score", "value [95 % interval]", "chance")
    _scores(table, privacy)
    _verification(table, privacy)
    table.add_section()
    yardstick = _yardstick(privacy)
    for name, control in privacy.controls.items():
        table.add_row(f"control, {yardstick} on {name}", str(control.scores[privacy.headline]), "")
    if privacy.confound is not None:
        table.add_row(
            "shared reference beats own visit",
            _or_reason(privacy.confound.reference_preferred, privacy.confound.reason),
            "",
        )
    _curves(table, privacy)
    if LIKENESS.keys() <= privacy.scores.keys():
        return [table, _beside_controls(privacy, "Likeness to the scan", "picture", "reconstruction", LIKENESS)]
    if OVERLAP in privacy.scores:
        columns = {name: _overlap_title(name) for name in privacy.scores if name.startswith(OVERLAP)}
        return [table, _beside_controls(privacy, "Dice of the label maps", "label map", "decoded", columns)]
    return [table]


def _scores(table: Sheet, privacy: Privacy) -> None:
    for name, score in privacy.scores.items():
        if name in LIKENESS or name.startswith(OVERLAP):
            continue
        style = "bold" if name == privacy.headline else None
        of = f", {privacy.details[WORST]}" if name == "worst_trait" else ""
        table.add_row(_ABOUT.get(name, "") + shown(name) + of, str(score.value), _chance(score), style=style)
    if len(privacy.headline_by_key) > 1:
        table.add_row(f"{shown(privacy.headline)} under each set of keys", row_of(privacy.headline_by_key), "")


def _verification(table: Sheet, privacy: Privacy) -> None:
    view = privacy.verification
    if view is not None and privacy.residual is not None:
        table.add_row("AUC, same person or not", str(view.auc), "0.500")
    for point in [] if view is None else view.operating_points:
        value = f"needs FPR >= {view.smallest_fpr:.2%}" if view and view.smallest_fpr is not None else "too few people"
        tpr = value if point.tpr is None else str(point.tpr)
        table.add_row(f"recognised at FPR {point.fpr:.1%}", tpr, f"{point.fpr:.3f}")
    if privacy.residual is not None:
        table.add_row("excess over strangers", str(privacy.residual.excess), "0.000")


def _curves(table: Sheet, privacy: Privacy) -> None:
    for curve in (privacy.by_queries, privacy.by_dial):
        if curve is None:
            continue
        table.add_section()
        sign, budget = ("K", "") if curve.along == "queries" else (curve.along, ", one query")
        for at in curve.points:
            table.add_row(
                f"{shown(privacy.headline)} at {sign} = {at.at:g}{budget}", _or_reason(at.score, at.reason), ""
            )


def _or_reason(score: Interval, reason: str | None) -> str:
    return str(score) if reason is None else f"- (the attack failed: {reason})"


def _yardstick(privacy: Privacy) -> str:
    """What controls are judged by."""
    if "advantage" in privacy.scores:
        return "certainty"
    if "worst_trait" in privacy.scores:
        return "size of every class"
    return "Dice" if OVERLAP in privacy.scores else "MS-SSIM"


def _beside_controls(privacy: Privacy, title: str, what: str, own: str, columns: Mapping[str, str]) -> Sheet:
    """The attack's row between those of the controls: brains look alike, so a row alone means nothing.

    Args:
        own: name of the attack's row.
        columns: scores with their titles.
    """
    table = sheet_of(f"{title} (higher is worse)", what, *columns.values())
    table.add_row(own, *(str(privacy.scores[name].value) for name in columns), style="bold")
    table.add_section()
    for name, control in privacy.controls.items():
        table.add_row(name, *(str(control.scores[score]) for score in columns))
    return table


def _overlap_title(name: str) -> str:
    known = {OVERLAP: "average", f"{OVERLAP}_recovered": "with recovered"}
    return known.get(name, name.removeprefix(f"{OVERLAP}_"))


def _chance(score: Score) -> str:
    return "-" if score.chance is None else f"{score.chance:.3f}"
