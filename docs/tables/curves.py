"""Leakage and Dice along queries and along a defense's dial, real scans."""

from bench.records.privacy import LeakCurve
from bench.records.schema import Record
from bench.records.utility import least_reliable
from docs.tables.board import REAL, Board
from docs.tables.written import NONE, plain, table, with_bounds

QUERIES_OF = ("reid-msssim", "reid-ncc-clean", "linear-inversion")
DIALS = {
    "mixup-learned": ("reid-msssim", "reid-ncc-clean", "linear-inversion"),
    "downsample": ("reid-msssim", "reid-ncc"),
    "noise": ("reid-msssim", "reid-ncc-clean"),
    "instahide": ("reid-ncc-clean", "restore-signs"),
}
HEADS = {
    "mixup-learned": "weight alpha of the patient",
    "downsample": "`downsample`, cubes of factor x 3 mm",
    "noise": "`noise`, sigma",
    "instahide": "`instahide`, weight of the patient",
}


def by_queries(board: Board) -> str:
    """What more queries give away, `mixup-learned-tta`."""
    found = {attack: board.record(REAL, "mixup-learned-tta", attack) for attack in QUERIES_OF}
    curves = {attack: _curve(one, "by_queries") for attack, one in found.items()}
    at = [point.at for point in next(iter(curves.values())).points]
    rows = []
    for attack, curve in curves.items():
        *first, last = curve.points
        rows.append((f"`{attack}`", *(plain(point.score.value) for point in first), with_bounds(last.score)))
    utility = next(one.utility for one in found.values() if one is not None)
    rows.append(("Dice", *(plain(point.dice.value) for point in utility.dice_by_queries)))
    *first_heads, last_head = (f"{'at ' if place == 0 else ''}K = {int(k)}" for place, k in enumerate(at))
    return table(("attack", *first_heads, f"{last_head} [95 %]"), rows)


def along_dial(board: Board, defense: str) -> str:
    """Leakage under some attacks (mAP), then Dice and how reliable it is over the rest of the key."""
    cells = {attack: board.record(REAL, defense, attack) for attack in DIALS[defense]}
    curves = {attack: _curve(one, "by_dial") for attack, one in cells.items()}
    at = [point.at for point in next(iter(curves.values())).points]
    if any([point.at for point in curve.points] != at for curve in curves.values()):
        raise ValueError(f"attacks on {defense} were measured at different values of its dial")
    rows = [(f"`{attack}`", *(plain(one.score.value) for one in curve.points)) for attack, curve in curves.items()]
    dial = next(one.utility.dice_by_dial for one in cells.values() if one is not None)
    points = {} if dial is None else {point.value: point for point in dial.points}
    rows.append(("Dice", *(plain(points[value].dice.value) if value in points else NONE for value in at)))
    icc = [least_reliable(points[value].stability) if value in points else None for value in at]
    if any(one is not None and one < 1 for one in icc):  # 1 where nothing but the dial differs between keys
        rows.append(("test-retest ICC, the lowest of a class", *map(plain, icc)))
    return table((HEADS[defense], *(plain(value, 2).rstrip("0").rstrip(".") for value in at)), rows)


def _curve(found: Record | None, name: str) -> LeakCurve:
    curve = None if found is None or found.privacy is None else getattr(found.privacy, name)
    if curve is None:
        raise ValueError(f"a record of {name.replace('_', ' ')} is missing, or has none")
    assert isinstance(curve, LeakCurve)
    return curve
