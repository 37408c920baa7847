"""Defense x attack at a glance."""

from pathlib import Path

import pytest

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.matrix import Matrix, Square, band_of, matrix_of
from bench.records.schema import Record
from tests.factories import interval, make_record


def scored(defense: str, attack: str, value: float, tier: int = 0, seed: int = 0) -> Record:
    return make_record(
        seed=seed,
        defense={"name": defense},
        attack={"name": attack, "threat": {"tier": tier}},
        privacy={"scores": {"map": {"value": interval(value), "chance": 0.2}}, "headline": "map"},
    )


def matrix(*records: Record) -> Matrix:
    (found,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return matrix_of(found)


def square(found: Matrix, defense: str, attack: str) -> Square:
    (row,) = (squares for name, squares in found.rows if name == defense)
    (place,) = (place for place, head in enumerate(found.heads) if head.attack == attack)
    return row[place]


@pytest.mark.parametrize(
    ("score", "chance", "band"),
    [(0.1, 0.2, 0), (0.2, 0.2, 0), (0.279, 0.2, 0), (0.281, 0.2, 1), (0.41, 0.2, 2), (0.61, 0.2, 3), (0.81, 0.2, 4)],
)
def test_colours_are_shares_of_the_way_from_chance_to_certainty(score: float, chance: float, band: int) -> None:
    assert band_of(score, chance, True) == band


@pytest.mark.parametrize(("score", "chance", "worse"), [(0.5, None, True), (0.5, 0.2, False), (31.0, 0.2, True)])
def test_scores_on_other_scales_have_no_colour(score: float, chance: float | None, worse: bool) -> None:
    assert band_of(score, chance, worse) is None


def test_what_takes_most_stands_first_and_what_is_not_ranked_last() -> None:
    strong = scored("a", "strong", 0.9, tier=2)
    oracle, weak = scored("a", "oracle", 1.0, tier=4), [scored(name, "weak", 0.4) for name in ("a", "b")]
    lost = make_record(defense={"name": "a"}, attack={"name": "lost"}, status="failed", reason="broke")
    heads = matrix(lost, oracle, *weak, strong).heads
    assert [(head.attack, head.tier) for head in heads] == [("strong", 2), ("weak", 0), ("lost", 0), ("oracle", 4)]


def test_the_worst_seed_is_shown() -> None:
    found = matrix(scored("a", "z", 0.3), scored("a", "b", 0.9, tier=2), scored("a", "z", 0.7, seed=1))
    worst = square(found, "a", "z")
    assert (worst.text, worst.css, worst.seeds) == ("0.70", "risk-3", 2)
    assert worst.words.endswith("worst of 2 seeds")


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_state_is_a_word_and_no_colour(status: str) -> None:
    lost = make_record(defense={"name": "a"}, attack={"name": "x"}, status=status, reason="broke")
    found = square(matrix(lost, scored("a", "y", 0.3)), "a", "x")
    assert (found.text, found.css) == (status.upper(), status)
    assert found.cell is not None


def test_a_valid_seed_counts_before_a_lost_one() -> None:
    lost = make_record(defense={"name": "a"}, attack={"name": "x"}, status="failed", reason="broke", seed=1)
    assert square(matrix(lost, scored("a", "x", 0.3)), "a", "x").text == "0.30"


def test_what_was_not_run_is_a_dot_without_a_link() -> None:
    found = square(matrix(scored("a", "x", 0.3), scored("b", "y", 0.3)), "a", "y")
    assert (found.text, found.cell, found.seeds) == ("·", None, 0)
    assert found.words == "y has no result on a: it was not run, or does not fit the defense"
