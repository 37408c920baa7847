"""What the page says about one defense, what a score means in plain words, how risk is spread."""

from pathlib import Path

import pytest

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.glossary import example
from bench.leaderboard.page.rows import GroupView, group_views
from bench.leaderboard.page.svg.histogram import bins_of, histogram
from tests.factories import interval, make_record
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, Cell, judged_in, lost


def view(*cells: Cell) -> GroupView:
    (found,) = group_views(groups_of(cells))
    return found


def test_every_defense_has_one_part_with_all_its_cells_in_the_order_of_the_ranks(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    found = view(make("open", "a", EVERYBODY), make("mix", "a", EVEN), make("open", "b", EVEN, goal="reconstruction"))
    assert [part.name for part in found.defenses] == ["mix", "open"]
    assert [len(part.rows) for part in found.defenses] == [1, 2]
    assert len({part.ident for part in found.defenses}) == 2
    assert set(found.idents.values()) == {row.ident for part in found.defenses for row in part.rows}


def test_what_is_known_is_said_with_chance_beside_it(tmp_path: Path) -> None:
    (part,) = view(judged_in(tmp_path)("open", "a", EVERYBODY)).defenses
    together, ever, *along, alone = part.sentences
    assert (
        ever == "Recognised at least once, over all their scans and secret keys, are 12 of 12 people; guessing gets 1."
    )
    assert len(along) == 1
    assert along[0].startswith("A mean hides who fares worst: by a, one query, ")
    assert "alarms (seed 0), a recognises 100\u00a0% of the pairs of scans of one person" in together
    assert "guessing recognises 10\u00a0%" in together
    assert alone.startswith("By macro-F1 the strongest single attack up to T2 is a: ")
    assert "where a guess gets " in alone


def test_one_attack_that_finds_more_than_all_stands_beside_all(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    (part,) = view(make("open", "a", EVERYBODY), make("open", "b", NOBODY)).defenses
    assert "alarms (seed 0), a recognises 100\u00a0%" in part.sentences[0]
    assert part.sentences[0].endswith("All 2 attacks together, their false alarms included, recognise 100\u00a0%.")


def test_without_a_valid_attack_a_defense_is_unproven(tmp_path: Path) -> None:
    (part,) = view(lost(tmp_path, "mix", "a", "failed")).defenses
    (sentence,) = part.sentences
    assert sentence.startswith("Unproven: no valid attack")


def test_every_training_seed_has_its_own_utility() -> None:
    cells = [(Path(f"{seed}/record.json"), make_record(seed=seed)) for seed in (1, 0)]
    (part,) = view(*cells).defenses
    found = [(one.first.record.seed, one.title, one.attacks) for one in part.trained]
    assert found == [(0, "Utility by class, seed 0", ()), (1, "Utility by class, seed 1", ())]


def test_every_training_of_a_seed_says_which_attacks_met_it(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    dice = {"a": 0.5, "b": 0.6, "c": 0.5}
    cells = [make("mix", name, EVEN, utility={"dice_average": interval(value)}) for name, value in dice.items()]
    (part,) = view(*cells).defenses
    found = [(one.first.dice, one.title, one.attacks) for one in part.trained]
    assert found == [(0.5, "Utility by class", ("a", "c")), (0.6, "Utility by class", ("b",))]


def test_a_defense_that_is_as_naked_as_none_is_said_to_be(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    found = view(make("no-proxy", "a", EVERYBODY), make("mix", "a", EVERYBODY), make("hidden", "a", NOBODY))
    words = "cannot be told apart from sending the scan as it is (no-proxy)"
    told = {part.name: any(words in sentence for sentence in part.sentences) for part in found.defenses}
    assert told == {"no-proxy": False, "mix": True, "hidden": False}


def test_the_example_of_the_glossary_is_worked_out_by_hand() -> None:
    found = example(people=3, score=0.8)
    assert found.chance == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)  # the own scan is as likely at every place
    assert found.found * 1 + (1 - found.found) * found.chance == pytest.approx(0.8)


def test_a_histogram_counts_everybody_once_and_certainty_in_the_last_bin() -> None:
    assert bins_of([0.0, 0.05, 0.1, 0.95, 1.0]) == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert histogram("h", [0.0, 1.0], ("mAP", "People")).count("<rect") == 2


@pytest.mark.parametrize("values", [[], [1.2], [-0.1]])
def test_a_histogram_of_something_else_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"numbers in \[0, 1\]"):
        histogram("h", values, ("mAP", "People"))
