"""Other runs, seeds and settings of a cell neither hide what was found nor spare anybody an attack."""

from pathlib import Path

import pytest

from bench.leaderboard.worst_case.columns import worst_columns
from tests.unit.leaderboard.judging import EVEN, NOBODY, ODD, Judged, judged_in, rows


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return judged_in(tmp_path)


def test_the_same_cell_run_twice_counts_once(judged: Judged) -> None:
    first, second = judged("a", "weak", EVEN), judged("a", "weak", EVEN, created="2026-05-05")
    assert len(rows(first, second)["a"].row.entries) == 1


def test_the_same_cell_run_twice_with_other_findings_counts_for_both(judged: Judged) -> None:
    """Whichever came first by the text of its record would have hidden the other."""
    runs = ((NOBODY, "x"), (EVEN, "y"), (ODD, "z"))
    cells = [judged("a", "weak", known, name=f"{folder}/one") for known, folder in runs]
    row = rows(*cells)["a"]
    assert sorted(row.row.entries) == ["weak", "weak (one)", "weak (one, run 2)"]
    assert row.leak >= rows(cells[1])["a"].leak


def test_a_seed_of_ones_own_spares_nobody_an_attack(judged: Judged) -> None:
    others = [judged(name, attack, EVEN) for name in ("a", "b") for attack in ("weak", "strong")]
    row = rows(*others, judged("lonely", "weak", NOBODY, seed=7))["lonely"]
    assert row.spared == ("strong",)
    (shown,) = (column.cell(row) for column in worst_columns([row]) if column.key == "rank")
    assert (shown.text, shown.detail) == ("\N{EN DASH}", "no other defense to compare with at this seed")


def test_an_attack_with_other_settings_is_one_that_others_have_met(judged: Judged) -> None:
    more = judged("a", "weak", EVEN, name="more")
    other = more[0], more[1].model_copy(update={"attack": more[1].attack.model_copy(update={"settings": {"k": 1}})})
    found = rows(other, judged("a", "strong", EVEN), judged("b", "weak", EVEN), judged("b", "strong", EVEN))
    assert len({entry.attack for one in found.values() for entry in one.row.entries.values()}) == 3
    assert [one.spared for one in found.values()] == [(), ()]
