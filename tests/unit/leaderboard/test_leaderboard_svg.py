"""Scales, labels and plots."""

import itertools
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.leaderboard.grouping import Board, groups_of
from bench.leaderboard.page.cell_figures import Figure, cell_figures
from bench.leaderboard.page.plots import scatters
from bench.leaderboard.page.svg.curve import Chart, Knot, curve
from bench.leaderboard.page.svg.drawing import Box
from bench.leaderboard.page.svg.labels import place_labels
from bench.leaderboard.page.svg.roc import roc
from bench.leaderboard.page.svg.scales import Scale, close_domain, domain, round_step, tick_text, ticks
from bench.records.schema import Record
from tests.factories import interval, make_record

NUMBERS = st.floats(-1e9, 1e9)
BOUNDS = Box(0.0, 0.0, 400.0, 300.0)


def board(*records: Record) -> Board:
    return groups_of([(Path(f"{number}.json"), record) for number, record in enumerate(records)])[0].boards[0]


def drawn(*records: Record) -> list[ElementTree.Element]:
    found = board(*records)
    series = {entry.defense: 0 for entry in found.entries}
    return [ElementTree.fromstring(svg) for svg in scatters(found, series, "s")]


def test_a_scale_is_linear() -> None:
    scale = Scale(0.0, 10.0, 100.0, 200.0)
    assert [scale(value) for value in (0.0, 5.0, 10.0)] == [100, 150, 200]


@pytest.mark.parametrize(("span", "count", "step"), [(1.0, 10, 0.1), (1.0, 4, 0.5), (0.17, 4, 0.05), (30.0, 4, 10.0)])
def test_steps_are_round(span: float, count: int, step: float) -> None:
    assert round_step(span, count) == pytest.approx(step)


@given(st.lists(NUMBERS, min_size=1, max_size=8), st.integers(2, 12))
def test_ticks_enclose_the_data_and_are_few_and_growing(values: list[float], count: int) -> None:
    for limits in (domain(values), close_domain(values)):
        marks = ticks(*limits, count)
        slack = 1e-6 * (limits[1] - limits[0])
        assert 2 <= len(marks) <= count + 2
        assert marks[0] <= min(values) + slack
        assert marks[-1] >= max(values) - slack
        assert all(after > before for before, after in itertools.pairwise(marks))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_scores_between_0_and_1_get_the_whole_range(values: list[float]) -> None:
    assert domain(values) == (0, 1)
    assert 0 <= close_domain(values)[0] < close_domain(values)[1] <= 1


def test_ticks_have_the_decimals_of_their_step() -> None:
    assert [tick_text(value, 0.05) for value in (0.7, 0.75)] == ["0.70", "0.75"]
    assert tick_text(30.0, 10.0) == "30"


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(10, 390), st.floats(10, 290)), max_size=12))
def test_labels_cover_neither_each_other_nor_markers_and_stay_inside(points: list[tuple[float, float]]) -> None:
    markers = [Box(x - 7, y - 7, x + 7, y + 7) for x, y in points]
    labels = place_labels(points, ["nearest-neighbor"] * len(points), markers, [], BOUNDS)
    boxes = [label.box for label in labels if label is not None]
    assert all(box.inside(BOUNDS) for box in boxes)
    assert all(box.overlap(marker) == 0 for box in boxes for marker in markers)
    assert all(a.overlap(b) == 0 for a, b in itertools.combinations(boxes, 2))


def test_eight_crowded_points_keep_all_their_labels() -> None:
    points = [(150.0 + 12 * index, 150.0 + 5 * index) for index in range(8)]
    markers = [Box(x - 7, y - 7, x + 7, y + 7) for x, y in points]
    assert None not in place_labels(points, ["siamese"] * 8, markers, [], BOUNDS)


def test_a_lone_label_stands_right_beside_its_point() -> None:
    (label,) = place_labels([(100.0, 100.0)], ["bss"], [], [], BOUNDS)
    assert label is not None
    assert (label.anchor, label.near, label.box.left) == ("start", True, 110)


def test_a_scatter_has_one_point_a_cell_and_a_chance_line() -> None:
    for svg in drawn(make_record(), make_record(seed=1)):
        assert len(svg.findall(".//g[@class='point']")) == 2
        assert len(svg.findall(".//line[@class='chance']")) == 1
        assert "macro-F1 (more leakage →)" in [text.text for text in svg.findall("text")]


def test_seeds_of_one_cell_share_one_label() -> None:
    for svg in drawn(make_record(), make_record(seed=1)):
        assert len(svg.findall(".//text[@class='label']")) == 1


def test_a_label_names_the_attack_or_the_defense_where_all_cells_have_one_attack() -> None:
    others = [make_record(defense={"name": name}) for name in ("mix", "warp")]
    for svg in drawn(*others):
        assert sorted(label.text or "" for label in svg.findall(".//text[@class='label']")) == ["mix", "warp"]
    for svg in drawn(*others, make_record(attack={"name": "peek"})):
        words = {label.text for label in svg.findall(".//text[@class='label']")}
        assert "peek" in words
        assert not words & {"mix", "warp"}


def test_cells_without_a_valid_score_or_dice_are_not_drawn() -> None:
    failed = make_record(seed=1, status="failed", reason="NaN")
    no_dice = make_record(seed=2, utility={"dice_average": interval(None)})
    for svg in drawn(make_record(), failed, no_dice):
        assert len(svg.findall(".//g[@class='point']")) == 1


def test_nothing_is_drawn_where_nothing_is_valid() -> None:
    assert drawn(make_record(status="failed", reason="NaN")) == []


def test_attackers_above_t2_are_hollow() -> None:
    oracle = make_record(attack={"name": "oracle", "threat": {"tier": 4}})
    for svg in drawn(make_record(), oracle):
        hollow = [path for path in svg.findall(".//g/path") if "hollow" in path.attrib["class"]]
        assert len(hollow) == 1


@pytest.mark.parametrize("value", [1e-300, -5.0, 1e8, 1e300, 0.0])
def test_odd_numbers_do_not_break_the_plot(value: float) -> None:
    odd = make_record(seed=1, privacy={"scores": {"macro_f1": {"value": interval(value, 0), "chance": value}}})
    for svg in drawn(make_record(), odd):
        assert "nan" not in ElementTree.tostring(svg, encoding="unicode")


def figures(**changes: Any) -> dict[str, Figure]:
    (entry,) = board(make_record(**changes)).entries
    return {figure.title: figure for figure in cell_figures(entry, "c")}


def test_a_curve_needs_more_than_one_place() -> None:
    one = {"dice_by_queries": [{"queries": 1, "dice": interval(0.7)}]}
    assert "Dice against queries" not in figures(utility=one)
    chart = Chart(ident="c", titles=("x", "y"), logarithmic=True, chance=None, series=0)
    with pytest.raises(ValueError, match="at least two growing places"):
        curve(chart, [Knot(3.0, 0.7, None), Knot(3.0, 0.8, None)])


def test_a_curve_shows_every_place_in_growing_order() -> None:
    points = [{"queries": count, "dice": interval(dice)} for count, dice in ((10, 0.8), (1, 0.7), (3, None))]
    root = ElementTree.fromstring(figures(utility={"dice_by_queries": points})["Dice against queries"].drawing)
    across = [float(circle.attrib["cx"]) for circle in root.findall("circle")]
    assert len(across) == 2
    assert across == sorted(across)


def test_leakage_stands_beside_dice_along_queries_and_dial_with_chance() -> None:
    found = figures()
    assert [*found] == [
        "TPR against false alarms",
        "Leakage (macro-F1) against queries",
        "Dice against queries",
        "Leakage (macro-F1) against alpha",
        "Dice against alpha",
    ]
    for title, figure in found.items():
        chances = ElementTree.fromstring(figure.drawing).findall(".//*[@class='chance']")
        assert len(chances) == (0 if title.startswith("Dice") else 1)


def test_where_the_attack_failed_along_a_curve_is_said() -> None:
    points = [{"at": at, "score": interval(score)} for at, score in ((1, 0.2), (3, None), (10, 0.3))]
    found = figures(privacy={"by_queries": {"along": "queries", "points": points}})
    assert found["Leakage (macro-F1) against queries"].note == "No score at 3: the attack failed there."
    points[1]["reason"] = "RuntimeError: <out of ideas>"
    found = figures(privacy={"by_queries": {"along": "queries", "points": points}})
    said = "No score at 3: the attack failed there (RuntimeError: <out of ideas>)."
    assert found["Leakage (macro-F1) against queries"].note == said


def trace(along: str, *points: tuple[float, float]) -> dict[str, Any]:
    return {"along": along, "points": [{"at": at, "scores": {"ms_ssim": interval(value)}} for at, value in points]}


def test_what_more_work_buys_a_reconstruction_is_drawn() -> None:
    traces = [trace("calls", (1, 0.9), (3, 0.92), (15, 0.93)), trace("restarts", (1, 0.9)), trace("queries")]
    found = figures(privacy={"traces": traces})
    figure = found["MS-SSIM along calls"]
    assert len(ElementTree.fromstring(figure.drawing).findall("circle")) == 3
    assert figure.note.startswith("on scans of ")
    assert not {"MS-SSIM along restarts", "MS-SSIM along queries"} & found.keys()


@pytest.mark.parametrize("points", [((0, 0.5), (2, 0.6)), ((-1, 0.5), (2, 0.6)), ((1, None), (2, 0.6))])
def test_a_trace_that_cannot_be_drawn_is_left_out(points: tuple[tuple[float, float], ...]) -> None:
    assert "MS-SSIM along calls" not in figures(privacy={"traces": [trace("calls", *points)]})


def test_of_a_record_with_countless_traces_the_first_few_are_drawn() -> None:
    found = figures(privacy={"traces": [trace(f"<b>{number}" + 99 * "x", (1, 0.5), (2, 0.6)) for number in range(50)]})
    assert sum(title.startswith("MS-SSIM along") for title in found) == 6
    assert max(map(len, found)) < 60


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_cell_that_is_not_ok_draws_no_leakage(status: str) -> None:
    assert [*figures(status=status, reason="r")] == ["Dice against queries", "Dice against alpha"]


def test_an_roc_marks_its_smallest_rate_and_the_decades() -> None:
    root = ElementTree.fromstring(roc("r", [Knot(fpr, fpr**0.4, None) for fpr in (0.024, 0.1, 1.0)]))
    ticks_below = [text.text for text in root.findall("text[@class='tick']") if text.attrib["text-anchor"] == "middle"]
    assert ticks_below == ["2.4\u00a0%", "10\u00a0%", "100\u00a0%"]


@pytest.mark.parametrize("rates", [(0.0, 1.0), (0.5,), (0.1, 2.0), (1.0, 0.1)])
def test_an_roc_refuses_rates_that_do_not_grow_within_0_and_1(rates: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="at least two growing FPRs"):
        roc("r", [Knot(rate, 0.5, None) for rate in rates])


def test_places_too_close_to_tell_apart_are_not_drawn() -> None:
    points = [{"at": at, "score": interval(0.2)} for at in (1e9, 1e9 + 1e-6)]
    assert "Leakage (macro-F1) against queries" not in figures(
        privacy={"by_queries": {"along": "queries", "points": points}}
    )
