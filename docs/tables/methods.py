"""Defenses side by side under the attack that the methods were published with."""

from bench.leaderboard.page.overview.reported import REPORTED
from bench.records.schema import Record
from docs.tables.board import REAL, TITLES, Board
from docs.tables.written import plain, table, with_bounds

PAPER_ATTACK = "reid-msssim"
FIRST = {
    "no-proxy": "",
    "deformation-proxy": "",
    "privacy-net": "",
    "mixup-learned-tta": " (10 queries)",
    "mixup-learned": "",
    "mixup-naive-tta": " (10 queries)",
    "mixup-naive": "",
}
CHECKS = {
    "round_trip_error": "left after warping there and back",
    "changed": "changed by warping",
    "moved_voxels": "moved by, in voxels",
    "lowest_determinant": "lowest Jacobian determinant",
}
RIVALS = {"privacy-net": "Privacy-Net", "deformation-proxy": "Deformation-Proxy"}


def first_look(board: Board) -> str:
    """Utility and privacy of the published methods, real scans."""
    rows = []
    for defense, remark in FIRST.items():
        found = _record(board, REAL, defense)
        rows.append((f"`{defense}`{remark}", with_bounds(found.utility.dice_average), _score(found, "map")))
    return table(("defense", "Dice [95 % interval]", "re-identification mAP by `reid-msssim` [95 % interval]"), rows)


def rivals(board: Board, data: str) -> str:
    """What we find of Privacy-Net and Deformation-Proxy."""
    head = ("defense", "people tested", "Dice GM / WM / CSF", "average [95 %]", "mAP [95 %]", "chance")
    return table(head, [_ours(_record(board, data, defense), f"`{defense}`") for defense in RIVALS])


def reported(board: Board) -> str:
    """What others reported of the same two, on their data."""
    rows = []
    for name in RIVALS.values():
        one = next(one for one in REPORTED if one.method == name)
        classes = " / ".join(plain(value) for value in one.classes or ())
        rows.append((f"{name}, {one.data}", classes, plain(one.mean_average_precision)))
    return table(("as reported", "Dice GM / WM / CSF", "mAP"), rows)


def self_checks(board: Board, data: str) -> str:
    """What Deformation-Proxy measures of its own warps."""
    checks = _record(board, data, "deformation-proxy").utility.self_checks
    head = (f"`deformation-proxy`, {TITLES[data]}", "")
    return table(head, [(meaning, with_bounds(checks[name])) for name, meaning in CHECKS.items()])


def _ours(found: Record, title: str) -> tuple[str, ...]:
    assert found.privacy is not None
    utility, score = found.utility, found.privacy.scores["map"]
    return (
        title,
        str(score.value.n),
        " / ".join(plain(utility.dice[name].value) for name in ("GM", "WM", "CSF")),
        with_bounds(utility.dice_average),
        with_bounds(score.value),
        plain(score.chance),
    )


def _record(board: Board, data: str, defense: str) -> Record:
    found = board.record(data, defense, PAPER_ATTACK)
    if found is None:
        raise ValueError(f"{defense} has not met {PAPER_ATTACK} on {data} yet")
    return found


def _score(found: Record, name: str) -> str:
    assert found.privacy is not None
    return with_bounds(found.privacy.scores[name].value)
