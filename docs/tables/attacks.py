"""What every attack finds."""

from bench.leaderboard.page.matrix import Square, matrix_of
from bench.records.schema import Record
from docs.tables.board import REAL, Board
from docs.tables.written import NONE, plain, table, with_bounds

DO_NOTHING = "do-nothing"
BESIDE = ("mixup-learned", "mixup-learned-tta")
"""Whose cells stand beside what their releases give away by themselves."""
AGAINST_TTA = {
    "reid-msssim": "compares what was sent",
    "reid-ncc-clean": "correlates the mean of what was sent, without the mean brain, with clean scans",
    "linear-inversion": "finds releases that share a reference, and solves for everybody",
}


def every_attack(board: Board, data: str) -> str:
    """Attacks downwards, defenses across, headline scores."""
    matrix = matrix_of(board.groups[data])
    head = ("attack", "tier", "score", *(f"`{defense}`" for defense, _ in matrix.rows))
    rows = [
        (f"`{one.attack}`", f"T{one.tier}", one.score, *(_square(squares[place]) for _, squares in matrix.rows))
        for place, one in enumerate(matrix.heads)
    ]
    return table(head, rows)


def beside_nothing(board: Board, data: str) -> str:
    """What attacks add to taking the releases as they are."""
    head = ["attack", "tier", "score", "chance"]
    for defense in BESIDE:
        head += [f"`{defense}`", "doing nothing"]
    rows = []
    for one in sorted(matrix_of(board.groups[data]).heads, key=lambda head: (head.tier, head.attack)):
        cells = [board.record(data, defense, one.attack) for defense in BESIDE]
        if any(found is not None and _nothing(found) != NONE for found in cells):
            numbers = [text for found in cells for text in (_headline(found), _nothing(found))]
            rows.append((f"`{one.attack}`", f"T{one.tier}", one.score, _chance(cells), *numbers))
    return table(head, rows)


def against_ten_queries(board: Board) -> str:
    """Four ways to look at the same ten queries, real scans."""
    rows = []
    for attack, does in AGAINST_TTA.items():
        found = board.record(REAL, "mixup-learned-tta", attack)
        rows.append((f"`{attack}`", does, _headline(found), _score(found, "ms_ssim")))
        if found is not None and attack == "linear-inversion" and found.privacy is not None:
            mine = found.privacy.controls[DO_NOTHING].scores
            nothing = ("none", "takes the mean of what was sent for the scan", with_bounds(mine["map"]))
            rows.insert(1, (*nothing, plain(mine["ms_ssim"].value)))
    return table(("attack", "what it does", "mAP [95 % interval]", "MS-SSIM to the scan"), rows)


def _square(square: Square) -> str:
    return NONE if square.css == "never" else square.text.removeprefix("0") if square.cell is not None else square.text


def _headline(found: Record | None) -> str:
    if found is None or found.privacy is None:
        return NONE if found is None else found.status.value.upper()
    return with_bounds(found.privacy.scores[found.privacy.headline].value)


def _nothing(found: Record | None) -> str:
    if found is None or found.privacy is None or DO_NOTHING not in found.privacy.controls:
        return NONE
    scored = found.privacy.controls[DO_NOTHING].scores.get(found.privacy.headline)
    return NONE if scored is None else plain(scored.value)


def _chance(cells: list[Record | None]) -> str:
    known = {plain(one.privacy.scores[one.privacy.headline].chance) for one in cells if one and one.privacy}
    return " or ".join(sorted(known))


def _score(found: Record | None, name: str) -> str:
    if found is None or found.privacy is None or name not in found.privacy.scores:
        return ""
    return plain(found.privacy.scores[name].value.value)
