"""The picture above the tables: marks, Pareto front, choices."""

import itertools
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.leaderboard.grouping import Group, groups_of
from bench.leaderboard.page.overview.drawn import plot_of
from bench.leaderboard.page.overview.front import dominated, dominates, front
from bench.leaderboard.page.overview.marks import worst_marks
from bench.leaderboard.page.overview.measures import PAIRS, measures
from bench.leaderboard.page.overview.reported import REPORTED
from bench.leaderboard.page.overview.utility import AVERAGE, WORST, utilities, utility_of
from bench.leaderboard.page.overview.view import Drawing, OverviewView, overview_view
from bench.records.schema import Record
from tests.factories import interval, make_record
from tests.unit.leaderboard.judging import EVEN, EVERYBODY, NOBODY, ODD, judged_in

PLACES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12)


def leaking(
    defense: str, attack: str, leak: float, tier: int = 0, dice: float = 0.8, seed: int = 0, **changes: Any
) -> Record:
    return make_record(
        **changes,
        seed=seed,
        defense={"name": defense},
        attack={"name": attack, "threat": {"tier": tier}},
        utility={"dice_average": interval(dice)},
        privacy={"scores": {"map": {"value": interval(leak), "chance": 0.1}}, "headline": "map"},
    )


def group(*records: Record) -> Group:
    (found,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return found


def drawn(found: Group) -> OverviewView:
    view = overview_view(found, {entry.defense: 0 for entry in found.entries}, "g1-overview")
    assert view is not None
    return view


def test_a_front_worked_out_by_hand() -> None:
    places = [(0.1, 0.5), (0.3, 0.7), (0.3, 0.6), (0.8, 0.7), (0.9, 0.9)]
    assert front(places) == [(0.1, 0.5), (0.3, 0.7), (0.9, 0.9)]
    assert dominated(places) == [False, False, True, True, False]


@given(PLACES)
def test_nothing_on_the_front_is_dominated_and_all_else_is(places: list[tuple[float, float]]) -> None:
    best = front(places)
    assert best == sorted(best)
    assert all(a[1] < b[1] for a, b in itertools.pairwise(best))  # more leakage must buy more utility
    for place in places:
        assert (place in best) != any(dominates(other, place) for other in best)


def test_the_worst_attack_up_to_the_tier_stands_for_its_defense() -> None:
    found = group(leaking("a", "weak", 0.2), leaking("a", "strong", 0.6, tier=2), leaking("a", "oracle", 1.0, tier=4))
    (measure, pairs) = measures(found.entries)
    assert (measure.key, measure.title, pairs) == ("map", "mAP", PAIRS)
    for tier, attack in ((0, "weak"), (1, "weak"), (2, "strong")):
        (mark,) = worst_marks(found.entries, found.worst_by_tier, measure, tier)
        assert (mark.attack, mark.leak.value) == (attack, {"weak": 0.2, "strong": 0.6}[attack])


def test_attacks_on_some_people_only_do_not_stand_for_a_defense_where_others_saw_all() -> None:
    lucky = leaking("a", "costly", 0.9).model_dump()
    lucky["privacy"]["scores"]["map"]["value"]["n"] = 4
    found = group(leaking("a", "whole", 0.6), Record.model_validate(lucky))
    (mark,) = worst_marks(found.entries, found.worst_by_tier, measures(found.entries)[0], 2)
    assert (mark.attack, mark.unmet) == ("whole", ())
    found = group(Record.model_validate(lucky))
    (mark,) = worst_marks(found.entries, found.worst_by_tier, measures(found.entries)[0], 2)
    assert mark.attack == "costly"


@pytest.mark.parametrize("state", ["never run", "invalid", "failed"])
def test_who_did_not_meet_every_attack_is_hollow_on_no_front_and_beats_none(state: str) -> None:
    cells = [
        leaking("honest", "weak", 0.2, dice=0.8),
        leaking("honest", "strong", 0.7, dice=0.8),
        leaking("hardly attacked", "weak", 0.1, dice=0.9),
    ]
    if state != "never run":
        cells.append(
            make_record(defense={"name": "hardly attacked"}, attack={"name": "strong"}, status=state, reason="-")
        )
    found = group(*cells)
    measure = measures(found.entries)[0]
    marks = worst_marks(found.entries, found.worst_by_tier, measure, 2)
    assert {mark.entry.defense: mark.unmet for mark in marks} == {"honest": (), "hardly attacked": ("strong",)}
    plot = plot_of(marks, measure, AVERAGE, {"honest": 0, "hardly attacked": 1}, "p")
    assert plot is not None
    assert plot.front == ((0.7, 0.8),)
    honest, other = (
        next(point for point in plot.points if point.label.startswith(name)) for name in ("honest", "hardly")
    )
    assert (honest.hollow, honest.dominated) == (False, False)
    assert (other.hollow, other.dominated) == (True, False)
    assert "no result of strong" in other.title


def test_over_seeds_the_worst_one_counts() -> None:
    found = group(leaking("a", "x", 0.2), leaking("a", "x", 0.5, seed=1))
    (mark,) = worst_marks(found.entries, found.worst_by_tier, measures(found.entries)[0], 2)
    assert mark.leak.value == 0.5


def test_an_attack_met_at_any_seed_is_met_and_one_of_no_seed_is_not(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    cells = [make(name, attack, EVEN) for name in ("a", "b") for attack in ("weak", "strong")]
    (found,) = groups_of([*cells, make("b", "weak", EVERYBODY, seed=1), make("c", "weak", NOBODY, seed=1)])
    together = next(measure for measure in measures(found.entries) if measure.together)
    marks = worst_marks(found.entries, found.worst_by_tier, together, 2)
    assert {mark.entry.defense: mark.unmet for mark in marks} == {"a": (), "b": (), "c": ("strong",)}
    assert {mark.entry.defense: mark.entry.record.seed for mark in marks} == {"a": 0, "b": 1, "c": 1}


def test_together_attacks_up_to_the_tier_recognise_what_they_recognise_jointly(tmp_path: Path) -> None:
    make = judged_in(tmp_path)
    cells = (make("mix", "a", EVEN), make("mix", "b", ODD, tier=1), make("mix", "c", NOBODY, tier=2))
    (found,) = groups_of(cells)
    by_tier = {
        tier: worst_marks(found.entries, found.worst_by_tier, PAIRS, tier)[0].leak.value or 0.0 for tier in (0, 1)
    }
    assert by_tier[1] == pytest.approx(1.0)
    assert by_tier[0] < 0.75
    (mark,) = worst_marks(found.entries, found.worst_by_tier, PAIRS, 2)
    assert mark.attack == "3 attacks together"


def test_classes_worst_class_and_average_can_be_chosen() -> None:
    found = group(leaking("a", "x", 0.2))
    (entry,) = found.entries
    assert utilities(found.classes) == [AVERAGE, WORST, "GM", "WM", "CSF"]
    assert utility_of(entry, WORST) == utility_of(entry, "CSF") == entry.record.utility.dice["CSF"]
    assert utility_of(entry, "no such class").value is None
    assert utilities(["lesion"]) == [AVERAGE]


def test_every_choice_is_drawn_and_the_first_is_what_the_form_says() -> None:
    view = drawn(group(leaking("a", "x", 0.2), leaking("b", "y", 0.4, tier=2)))
    assert view.first.key == "map|average|worst-2"
    keys = {drawing.key for drawing in view.others}
    assert {"map|GM|all", "map|worst class|worst-0", "map|average|worst-1"} <= keys
    assert all(len(drawing.sizes) == 2 for drawing in (view.first, *view.others))


def _dashed(drawing: Drawing) -> tuple[int, int]:
    """Reported marks in the picture, and beside it."""
    root = ElementTree.fromstring(drawing.sizes[0])
    beside = root.findall(".//g[@class='point beside']/path[@class='marker reported']")
    return len(root.findall(".//path[@class='marker reported']")) - len(beside), len(beside)


def test_every_reported_number_stands_in_the_picture_or_beside_it() -> None:
    view = drawn(group(leaking("a", "x", 0.2)))
    shown = {drawing.key: _dashed(drawing) for drawing in (view.first, *view.others)}
    for tier in (0, 1, 2):
        assert shown[f"map|average|worst-{tier}"] == (4, 8)
        assert shown[f"map|GM|worst-{tier}"] == shown[f"map|worst class|worst-{tier}"] == (2, 0)
    assert {count for key, count in shown.items() if key.endswith("|all")} == {(0, 0)}


def test_beside_a_score_that_the_paper_does_not_have_all_reported_dice_stand(tmp_path: Path) -> None:
    (found,) = groups_of([judged_in(tmp_path)("open", "a", EVERYBODY)])
    shown = {drawing.key: _dashed(drawing) for drawing in drawn(found).others}
    assert shown["pairs|average|worst-2"] == (0, 12)
    assert shown["pairs|CSF|worst-2"] == (0, 2)


def test_every_reported_mark_says_that_it_is_of_other_data() -> None:
    view = drawn(group(leaking("a", "x", 0.2)))
    for svg in view.first.sizes:
        marks = ElementTree.fromstring(svg).findall(".//path[@class='marker reported']/..")
        titles = [mark.findtext("title") or "" for mark in marks]
        assert len(titles) == len(REPORTED) == 12
        assert all(": reported, other data (" in title for title in titles)
    wide = view.first.sizes[0]
    assert "learned, TTA, reported, other data" in wide
    assert "naive (BraTS 2021)" in wide
    assert "reported, other data," in wide


def test_reported_numbers_are_never_beside_made_up_anatomy() -> None:
    view = drawn(group(leaking("a", "x", 0.2, data={"synthetic": True})))
    assert {_dashed(drawing) for drawing in (view.first, *view.others)} == {(0, 0)}


def test_reported_dice_of_a_class_is_the_printed_one() -> None:
    row = next(row for row in REPORTED if row.method == "Privacy-Net")
    assert [row.dice_of(utility) for utility in ("GM", "WM", "CSF", WORST)] == [0.905, 0.804, 0.732, 0.732]
    assert row.dice_of("lesion") is None
    assert REPORTED[0].dice_of(AVERAGE) == 0.896
    assert REPORTED[0].dice_of(WORST) is None


def test_dominated_marks_are_pale_and_single_cells_never() -> None:
    view = drawn(group(leaking("good", "x", 0.2, dice=0.9), leaking("bad", "x", 0.5, dice=0.7)))
    pale = {
        drawing.key: len(ElementTree.fromstring(drawing.sizes[0]).findall(".//g[@class='point dominated']"))
        for drawing in (view.first, *view.others)
    }
    assert pale["map|average|worst-2"] == 1
    assert pale["map|average|all"] == 0


def test_marks_carry_what_the_script_hides_them_by() -> None:
    view = drawn(group(leaking("a", "x", 0.2), leaking("a", "key", 1.0, tier=4)))
    (every,) = (drawing for drawing in view.others if drawing.key == "map|average|all")
    points = ElementTree.fromstring(every.sizes[0]).findall(".//g[@class='point']")
    assert {(point.get("data-tier"), point.get("data-attack")) for point in points} == {("0", "x"), ("4", "key")}


def test_groups_without_a_linking_score_have_no_picture() -> None:
    member = make_record(attack={"threat": {"goal": "membership"}})
    assert overview_view(group(member), {"mixup": 0}, "g") is None


def test_reported_averages_are_those_of_the_printed_classes() -> None:
    for row in REPORTED:
        if row.classes is not None:
            assert row.dice == pytest.approx(sum(row.classes) / 3)
    assert {row.data for row in REPORTED} == {"PPMI", "BraTS 2021"}


def test_everybody_known_is_everybody_drawn_at_one(tmp_path: Path) -> None:
    (found,) = groups_of([judged_in(tmp_path)("open", "a", EVERYBODY)])
    (mark,) = worst_marks(found.entries, found.worst_by_tier, PAIRS, 2)
    assert mark.leak.value == 1
    assert mark.attack == "a"
