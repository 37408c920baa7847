"""Defenses side by side under the attack that the methods were published with."""

from bench.leaderboard.overview.reported import REPORTED
from bench.records.schema import Record
from bench.records.utility import Utility
from docs.tables.board import MADE_UP, REAL, TITLES, Board
from docs.tables.written import NONE, plain, table, with_bounds

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
        rows.append((f"`{defense}`{remark}", with_bounds(_utility(found).dice_average), _score(found, "map")))
    return table(("defense", "Dice [95 % interval]", "re-identification mAP by `reid-msssim` [95 % interval]"), rows)


def rivals(board: Board) -> str:
    """What we find of Privacy-Net and Deformation-Proxy, and what was reported of them."""
    head = ("defense", "people tested", "Dice GM / WM / CSF", "average [95 %]", "mAP [95 %]", "chance")
    rows = []
    for defense, name in RIVALS.items():
        for data, title in ((MADE_UP, "phantom"), (REAL, "real")):
            rows.append(_ours(_record(board, data, defense), f"`{defense}`, {title}"))
        reported = next(one for one in REPORTED if one.method == name)
        classes = " / ".join(plain(value) for value in reported.classes or ())
        found = plain(reported.mean_average_precision)
        rows.append((f"{name} as reported, {reported.data}", NONE, classes, NONE, found, NONE))
    return table(head, rows)


def self_checks(board: Board) -> str:
    """What Deformation-Proxy measures of its own warps."""
    head = ("`deformation-proxy`", *CHECKS.values())
    rows = []
    for data, title in TITLES.items():
        checks = _utility(_record(board, data, "deformation-proxy")).self_checks
        rows.append((title, *(with_bounds(checks[name]) for name in CHECKS)))
    return table(head, rows)


def _ours(found: Record, title: str) -> tuple[str, ...]:
    assert found.privacy is not None
    utility, score = _utility(found), found.privacy.scores["map"]
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


def _utility(found: Record) -> Utility:
    assert found.utility is not None
    return found.utility


def _score(found: Record, name: str) -> str:
    assert found.privacy is not None
    return with_bounds(found.privacy.scores[name].value)
